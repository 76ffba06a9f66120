using SecretsBroker.Telemetry;

namespace SecretsBroker.Policy.Opa;

/// <summary>Decides by the policies of an Open Policy Agent server. What it cannot be asked is not allowed.</summary>
internal sealed class OpaPolicyEngine(OpaClient client, BrokerMetrics metrics, BrokerTracing tracing) : IPolicyEngine
{
    private readonly OpaQuestion _question = new();

    /// <inheritdoc/>
    /// <exception cref="OpaException">It could not be asked.</exception>
    public async ValueTask<PolicyAnswer> DecideAsync(PolicyQuestion question, CancellationToken cancellationToken)
    {
        using var span = tracing.StartPolicyServer();
        try
        {
            return OpaAnswerReader.Read(await client.AskAsync(_question.Write(question), cancellationToken));
        }
        catch (OpaException e)
        {
            span.Fail(e);
            metrics.ExternalCallFailed(ExternalSystem.PolicyServer);
            throw;
        }
    }
}
