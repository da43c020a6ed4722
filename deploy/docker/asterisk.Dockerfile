# The telephone side: the same Debian packages, by the same script, as the private root that ./hotline makes.
# What it loads is rendered by the engine's image into /var/lib/hotline/asterisk (service "render" of docker-compose.yml).
FROM debian:sid-slim

COPY deploy/install/asterisk-packages deploy/install/asterisk.sh /opt/hotline/deploy/install/
RUN /opt/hotline/deploy/install/asterisk.sh

# The number is the engine's too: both read and write the same volumes. A new volume gets these folders' owner.
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin hotline \
    && install -d -m 0750 -o hotline -g hotline \
        /var/lib/hotline /var/lib/hotline/asterisk /var/lib/hotline/recordings

# At the same path as in the engine's image: the rendered configuration names it.
COPY ivr/prompts /opt/hotline/ivr/prompts

USER hotline
ENTRYPOINT ["asterisk"]
CMD ["-fn", "-C", "/var/lib/hotline/asterisk/etc/asterisk.conf"]
