using Microsoft.AspNetCore.Builder;

namespace SecretsBroker.Tests;

/// <summary>What a test may have otherwise in a <see cref="TestBroker"/>.</summary>
internal sealed class TestBrokerOptions
{
    /// <summary>Keyed as in a configuration file: <c>Issuance:MaxLivePerTask</c>.</summary>
    public Dictionary<string, string?> Settings { get; } = [];

    /// <summary>The catalogue, YAML; <c>{folder}</c> stands for the broker's folder.</summary>
    public string Catalog { get; set; } =
        """
        targets:
          - name: agents-ca
            engine: x509
            settings:
              key_file: "{folder}/agents-ca.key"
              certificate_file: "{folder}/agents-ca.pem"
          - name: invoices-api
            engine: jwt
            settings:
              key_file: "{folder}/invoices-api.key"
              issuer: https://broker.example/invoices-api
              audience: invoices-api
          - name: memory
            engine: memory

        grants:
          - name: read-invoices-certificate
            action: read
            resource: invoices-api/invoices
            target: agents-ca
            default_ttl: 2m
            max_ttl: 10m
          - name: read-invoices-token
            action: read
            resource: invoices-api/invoices
            target: invoices-api
            default_ttl: 2m
            max_ttl: 10m
            on_violation: revoke
          - name: delete-invoices-token
            action: delete
            resource: invoices-api/invoices
            target: invoices-api
            default_ttl: 2m
            max_ttl: 10m
          - name: read-notes
            action: read
            resource: memory/notes
            target: memory
            default_ttl: 2m
            max_ttl: 10m

        """;

    /// <summary>The policies, Cedar.</summary>
    public string Policies { get; set; } =
        """
        @id("agents-read")
        permit (principal, action == Action::"read", resource);
        """;

    /// <summary>The last word on the host: logging, further services.</summary>
    public Action<WebApplicationBuilder>? Adapt { get; set; }
}
