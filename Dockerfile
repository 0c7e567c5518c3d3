FROM python:3.12-slim
RUN useradd --create-home --uid 1000 kalkan && mkdir /data && chown kalkan /data
COPY pyproject.toml README.md LICENSE /src/
COPY kalkan /src/kalkan
RUN pip install --no-cache-dir /src
USER kalkan
ENV KALKAN_DATA=/data KALKAN_HOST=0.0.0.0 KALKAN_PORT=8620
VOLUME /data
EXPOSE 8620
HEALTHCHECK --interval=30s --timeout=5s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8620/healthz')"]
CMD ["kalkan", "up", "--no-browser"]
