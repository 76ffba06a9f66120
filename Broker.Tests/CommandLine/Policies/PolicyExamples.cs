namespace SecretsBroker.Tests.CommandLine.Policies;

/// <summary>A small company's catalogue and policies, for trying the verbs on.</summary>
internal static class PolicyExamples
{
    public const string Catalog = """
        targets:
          - name: invoices-api
            engine: jwt
            settings: { key_file: invoices-api.key, audience: invoices-api, issuer: "https://broker.example/invoices-api" }
        grants:
          - name: read-invoices
            action: read
            resource: invoices-api/invoices
            target: invoices-api
            default_ttl: 5m
            max_ttl: 1h
            environment: production
            tools: [http]
          - name: delete-invoices
            action: delete
            resource: invoices-api/invoices
            target: invoices-api
            default_ttl: 1m
            max_ttl: 5m
            environment: production
        """;

    public const string Policies = """
        // Research reads, for minutes.
        @id("research-reads")
        @max_ttl("10m")
        permit (
          principal in Group::"research",
          action == Action::"read",
          resource in Resource::"invoices-api"
        )
        when { context.ttl <= duration("30m") };

        @id("payments-deletes")
        permit (
          principal in Group::"payments",
          action == Action::"delete",
          resource in Resource::"invoices-api"
        )
        when { context has initiator && context.initiator like "*@example.org" };

        @id("not-by-night")
        forbid (principal, action, resource)
        when {
          resource.environment == "production" &&
          context.time.toTime() < duration("6h")
        };

        @id("on-call")
        permit (
          principal in Group::"on-call",
          action in [Broker::Action::"read_policy", Broker::Action::"simulate_policy"],
          resource == Broker::Subject::"policies"
        );
        """;
}
