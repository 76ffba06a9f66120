using SecretsBroker.Policy;

namespace SecretsBroker.Tests.Revocation.Recheck;

/// <summary>A policy engine that remembers its questions, and can be made to do something else than answer them.</summary>
internal sealed class AskedPolicy(IPolicyEngine engine) : IPolicyEngine
{
    private readonly Lock _lock = new();
    private readonly List<PolicyQuestion> _questions = [];

    /// <summary>Null to let it answer.</summary>
    public Func<PolicyQuestion, CancellationToken, ValueTask<PolicyAnswer>>? Instead { get; set; }

    public IReadOnlyList<PolicyQuestion> Questions
    {
        get
        {
            lock (_lock)
            {
                return [.. _questions];
            }
        }
    }

    public ValueTask<PolicyAnswer> DecideAsync(PolicyQuestion question, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _questions.Add(question);
        }

        return (Instead ?? engine.DecideAsync)(question, cancellationToken);
    }
}
