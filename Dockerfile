# Build: no cgo, so that the binary runs in an image without a C library.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -o /stowage ./cmd/stowage && mkdir -p /data

# Run: nothing but the binary, certificates and an ordinary user.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /stowage /stowage
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
ENV STOWAGE_DATA=/data
VOLUME /data
ENTRYPOINT ["/stowage"]
