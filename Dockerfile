# The front end, once; it is embedded into the binary.
FROM node:24-bookworm-slim AS ui
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build

# Build: no cgo, so that the binary runs in an image without a C library.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=ui /src/frontend/dist ./frontend/dist
RUN CGO_ENABLED=0 go build -trimpath -tags nomsgpack -ldflags "-s -w" -o /stowage ./cmd/stowage && mkdir /empty

# Run: nothing but the binary, certificates and an ordinary user. Without a command it is the service, which needs its public
# address in STOWAGE_BASE_URL; the command line is the same image with a command, such as "backup".
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /stowage /stowage
COPY --from=build --chown=65532:65532 /empty /data
# SQLite sorts there what does not fit into memory.
COPY --from=build --chown=65532:65532 /empty /tmp
USER 65532:65532
ENV STOWAGE_DATA=/data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["/stowage"]
CMD ["serve", "--addr", ":8080"]
