namespace SecretsBroker.Policy.Replaying;

/// <summary>Decisions of one kind that would come out otherwise.</summary>
/// <param name="Workload">Who asked.</param>
/// <param name="Action">What for.</param>
/// <param name="Resource">On what.</param>
/// <param name="Before">What was decided, with its obligations.</param>
/// <param name="After">What would be decided.</param>
internal sealed record ReplayedChange(string Workload, string Action, string Resource, string Before, string After);

/// <summary>How often, and which.</summary>
internal sealed class ChangeCount
{
    private const int MaxExamples = 3;

    private readonly List<string> _examples = [];

    public long Count { get; private set; }

    /// <summary>The ids of the first decisions.</summary>
    public IReadOnlyList<string> Examples => _examples;

    public void Add(string decisionId)
    {
        Count++;
        if (_examples.Count < MaxExamples)
        {
            _examples.Add(decisionId);
        }
    }
}
