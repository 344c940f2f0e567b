# The image holds one static program, the public certificate authorities and time zones, nothing
# else.
FROM docker.io/library/debian:bookworm-slim AS tools
WORKDIR /src
COPY tests/setup/install.sh tests/setup/packages.txt tests/setup/
RUN tests/setup/install.sh build release
COPY deploy/build/libs.sh deploy/build/debian-source.sh deploy/build/sources.txt deploy/build/
RUN LOCKSTEP_CACHE=/cache deploy/build/libs.sh

FROM tools AS build
COPY Makefile CHANGELOG.md ./
COPY proto/ proto/
COPY agent/ agent/
COPY driver/ driver/
ARG COMMIT=unknown
RUN make -j"$(nproc)" PROFILE=release LOCKSTEP_CACHE=/cache "COMMIT=$COMMIT"

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /usr/share/zoneinfo/ /usr/share/zoneinfo/
COPY --from=build /src/build/release/lockstep /lockstep
ENTRYPOINT ["/lockstep"]
