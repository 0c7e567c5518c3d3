# The developer's only interface. `just` alone runs what CI runs first.

python := "uv run --quiet python"

# lint, types, contracts, fast tests
default: lint types contracts
    {{python}} -m pytest -q -m "not browser and not slow"

lint:
    {{python}} -m ruff check .
    {{python}} -m ruff format --check .

types:
    {{python}} -m mypy kalkan

contracts:
    uv run --quiet lint-imports

# one lane: just test tests/words
test *PATHS:
    {{python}} -m pytest {{PATHS}}

# a living desk on this machine: a made-up town on two networks, no accounts
demo *ARGS:
    {{python}} -m kalkan up --demo {{ARGS}}

# Turkish and English catalogues from the sources; then read the diff
messages:
    cd kalkan/desk && uv run --quiet django-admin makemessages -l tr --no-location && uv run --quiet django-admin compilemessages -l tr

# accuracy and speed, written with their date
bench *NAMES:
    {{python}} -m benchmarks {{NAMES}}

ci:
    bash .ci/run

# the generated reference pages
docs:
    COLUMNS=100 {{python}} docs/make.py

# the desk's tests on a real PostgreSQL
postgres *ARGS:
    {{python}} tests/on_postgres.py {{ARGS}}
