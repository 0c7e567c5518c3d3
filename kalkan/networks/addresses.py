"""Which addresses Kalkan may be sent to by somebody else: the guard in front of every user-given link and redirect.

Promises that a name is resolved first and that only an address of the open internet is handed back, so that a caller
who connects to exactly that address cannot be led into the private network by a clever name (DNS rebinding). Never
connects anywhere itself.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

import httpx

from kalkan.errors import InvalidInput, NetworkError

Resolve = Callable[[str, int], Sequence[str]]
PORTS: Final = frozenset({80, 443, 8080, 8443})
_DEFAULT_PORT: Final = {"http": 80, "https": 443}

# IANA special-purpose registries (RFC 6890 and successors); 168.63.129.16 is where one large cloud answers its guests.
_CLOSED_4: Final = tuple(
    IPv4Network(net)
    for net in [
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "168.63.129.16/32",
    ]
)
# Of IPv6 only global unicast is open; inside it these are not: protocol assignments (Teredo, ORCHID), documentation,
# 6to4 (retired by RFC 7526, and it carries any IPv4 address inside).
_OPEN_6: Final = IPv6Network("2000::/3")
_CLOSED_6: Final = tuple(IPv6Network(net) for net in ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"])
_NAT64: Final = IPv6Network("64:ff9b::/96")
_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_HOME_4: Final = tuple(IPv4Network(n) for n in ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"])
_HOME_6: Final = tuple(IPv6Network(n) for n in ["::1/128", "fc00::/7"])


def resolve_host(host: str, port: int) -> list[str]:
    """The addresses the system's resolver knows for ``host``, in its order of preference.

    :raises OSError: the name is not known, or the resolver did not answer.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_open(address: str, *, allow_private: bool = False) -> bool:
    """Whether ``address`` (IPv4 or IPv6 literal) is on the open internet.

    ``allow_private`` adds loopback and home ranges (RFC 1918, unique local); link-local addresses, where clouds keep
    their credentials, stay closed in every case.
    """
    try:
        ip: IPv4Address | IPv6Address = ip_address(address.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(ip, IPv6Address):
        if ip in _MAPPED or ip in _NAT64:  # an IPv4 address in disguise is judged as what it is
            return is_open(str(IPv4Address(int(ip) & 0xFFFFFFFF)), allow_private=allow_private)
        if allow_private and any(ip in net for net in _HOME_6):
            return True
        return ip in _OPEN_6 and not any(ip in net for net in _CLOSED_6)
    if allow_private and any(ip in net for net in _HOME_4):
        return True
    return not any(ip in net for net in _CLOSED_4)


def check_address(address: str, *, allow_private: bool = False) -> httpx.URL:
    """``address`` as a URL that may be asked for, so far as that can be said without resolving its name.

    :raises InvalidInput: ``address_unreadable``, ``address_scheme``, ``address_credentials``, ``address_port`` or
        ``address_private``.
    """
    try:
        url = httpx.URL(address)
        host, port = url.host, url.port
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        raise InvalidInput("address_unreadable", address=_shown(address)) from error
    if url.scheme not in _DEFAULT_PORT:
        raise InvalidInput("address_scheme", address=_shown(address))
    if not host or len(address) > 2000 or not 0 < (port or 80) < 65536:
        raise InvalidInput("address_unreadable", address=_shown(address))
    if url.userinfo:
        raise InvalidInput("address_credentials", host=host)
    if port is not None and port not in PORTS and not allow_private:
        raise InvalidInput("address_port", host=host, port=port)
    if _is_literal(host) and not is_open(host, allow_private=allow_private):
        raise InvalidInput("address_private", host=host)
    return url


def open_addresses(host: str, port: int, *, resolve: Resolve, allow_private: bool = False) -> tuple[str, ...]:
    """The addresses behind ``host`` that may be connected to. Connect to one of these, never to the name again.

    :raises NetworkError: ``host_unknown`` (waiting may help) or ``address_private`` (it never will).
    """
    try:
        found = [host] if _is_literal(host) else resolve(host, port)
    except (OSError, UnicodeError) as error:
        raise NetworkError("host_unknown", host=host) from error
    if not found:
        raise NetworkError("host_unknown", host=host)
    allowed = tuple(address for address in found if is_open(address, allow_private=allow_private))
    if not allowed:
        raise NetworkError("address_private", permanent=True, host=host)
    return allowed


def _is_literal(host: str) -> bool:
    try:
        ip_address(host.split("%", 1)[0])
    except ValueError:
        return False
    return True


def _shown(address: object) -> str:
    """Enough of a bad address to find it again, without what stands before an @ (it may be a password)."""
    text = str(address)
    scheme, mark, rest = text.partition("://")
    rest = rest if mark else scheme
    if "@" in rest.split("/", 1)[0]:
        rest = "…@" + rest.split("@", 1)[1]
    return (scheme + mark + rest if mark else rest)[:120]
