# The simulated Huawei. Its context is the checkout's top directory.
FROM golang:1.26 AS build
LABEL org.opencontainers.image.title="huaweisim, as it is built"
WORKDIR /src
COPY go.mod ./
COPY huaweisim huaweisim/
COPY cmd/huaweisim cmd/huaweisim/
ENV CGO_ENABLED=0
RUN ["go", "build", "-mod=mod", "-o", "/huaweisim", "./cmd/huaweisim"]

FROM scratch
COPY --from=build /huaweisim /huaweisim
ENTRYPOINT ["/huaweisim", "-http", ":8900"]
