using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Benchmarks.Issue;

/// <summary>What the measured brokers may hand out: one grant a target.</summary>
internal static class BenchmarkCatalog
{
    public const string Action = "read";
    public const string TokenResource = "invoices-api/invoices";
    public const string TokenTarget = "invoices-api";

    /// <summary>Of agents that may pull the kill switch.</summary>
    public const string OperatorKind = "operator";
    public const string DatabaseTarget = "orders-db";
    public const string DatabaseResource = "orders/invoices";

    public const string Policies = """
        @id("agents-read")
        @max_ttl("5m")
        permit (principal, action == Action::"read", resource)
        when { principal.trust_domain == "dev.local" && resource.classification == "internal" && context.ttl_seconds <= 600 };

        @id("nothing-restricted")
        forbid (principal, action, resource)
        when { resource.classification == "restricted" };

        @id("operators-kill")
        permit (principal, action == Broker::Action::"kill", resource)
        when { principal.id like "spiffe://dev.local/operator/*" };
        """;

    // As many places as there are callers at most: what is measured is the broker, not its limits.
    public const string Tokens = """
        targets:
          - name: invoices-api
            engine: jwt
            concurrency: 1000
            settings:
              key_file: '{folder}/keys/invoices-api.key'
              audience: invoices-api
              issuer: https://broker.example.org
        grants:
          - name: read-invoices
            action: read
            resource: invoices-api/invoices
            target: invoices-api
            default_ttl: 2m
            max_ttl: 10m
            classification: internal
        """;

    public static string Roles(PostgresServer server, string username, string passwordFile, int gather) => $$$"""
        targets:
          - name: orders-db
            engine: postgres
            settings:
              host: 127.0.0.1
              port: {{{server.Port}}}
              database: postgres
              username: {{{username}}}
              password:
                file: '{{{passwordFile}}}'
              tls_mode: disable
              gather: {{{gather}}}
        grants:
          - name: read-orders
            action: read
            resource: orders/invoices
            target: orders-db
            default_ttl: 2m
            max_ttl: 10m
            classification: internal
            settings:
              tables:
                public.invoices: [SELECT]
        """;
}
