# The bot's image: one static binary, the certificate authorities, and nobody's rights. `make image` prepares what is copied.
#
#   docker run -d --name vigie -v ./vigie.toml:/etc/vigie/vigie.toml:ro -v vigie-data:/data \
#     -v /var/run/docker.sock:/var/run/docker.sock --group-add "$(stat -c %g /var/run/docker.sock)" vigie
FROM scratch
COPY build/image/ /
COPY --chown=65532:65532 build/data/ /data/
USER 65532:65532
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
ENV VIGIE_CONFIG=/etc/vigie/vigie.toml
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 CMD ["/vigie", "health"]
ENTRYPOINT ["/vigie"]
