# The daemon. Its configuration, catalogue and policies are mounted at /etc/broker; all that it writes is below /var/lib/broker.
# docker build -t secrets-broker .
# docker run --read-only -v ./broker:/etc/broker:ro -v broker-data:/var/lib/broker -p 7443:7443 -p 7480:7480 secrets-broker

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# What decides which packages are restored comes first: a change of the sources alone leaves that layer as it is.
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props ./
COPY compat/ compat/
COPY Broker.Protos/Broker.Protos.csproj Broker.Protos/
COPY Broker/Broker.csproj Broker/
RUN dotnet restore Broker/Broker.csproj
COPY .editorconfig BannedSymbols.txt LICENSE ./
COPY Broker.Protos/ Broker.Protos/
COPY Broker/ Broker/
RUN dotnet publish Broker/Broker.csproj --configuration Release --no-restore --output /app \
    && cp LICENSE /app/ \
    && mkdir -p /data/tmp && chown -R 1654:1654 /data && chmod -R 0700 /data

FROM mcr.microsoft.com/dotnet/aspnet:10.0
COPY --from=build /app /app
# A new volume takes its owner from here.
COPY --from=build --chown=1654:1654 /data /var/lib/broker
# Diagnostics would open a socket in the temporary folder, which whoever gets in could ask for the memory, secrets included. The
# configuration says where to listen, not the base image.
ENV DOTNET_EnableDiagnostics=0 \
    TMPDIR=/var/lib/broker/tmp \
    ASPNETCORE_HTTP_PORTS=
# The base image's user "app", as a number: orchestrators that refuse root cannot look a name up.
USER 1654:1654
VOLUME /var/lib/broker
EXPOSE 7443 7480
HEALTHCHECK --interval=15s --timeout=8s --start-period=20s --retries=3 \
    CMD ["/app/broker", "health", "--config", "/etc/broker/broker.yaml"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/broker"]
CMD ["serve", "--config", "/etc/broker/broker.yaml"]
