using SecretsBroker.Audit;

namespace SecretsBroker.Tests.Audit;

/// <summary>Random records, the same for the same seed, with every kind of character in them.</summary>
internal sealed class SeededRecords(int seed)
{
    private static readonly string[] Texts =
        ["", "read", "spiffe://example.org/agent", "a \"quoted\" \\ text", "line\nbreak\r\t\0\u001b[31m", "Ünïcode ☃ 🔑", "\u202e\u2028\u0085", "\ud800 lone"];

#pragma warning disable RS0030 // A seeded Random, named by its seed.
    private readonly Random _random = new(seed);
#pragma warning restore RS0030
    private int _count;

    public bool Chance(int oneIn) => _random.Next(oneIn) == 0;

    public int Below(int limit) => _random.Next(limit);

    public AuditRecord Next() => new()
    {
        Id = $"r{seed}-{++_count}",
        Type = (AuditEventType)_random.Next(1, (int)AuditEventType.Checkpoint),
        Workload = Text(),
        Task = Text(),
        TaskPurpose = Text(),
        Initiator = Text(),
        Resource = Text(),
        Purpose = Text(),
        TimeToLive = Chance(2) ? TimeSpan.FromMilliseconds(_random.Next()) : null,
        Allowed = Chance(3) ? null : Chance(2),
        Policies = [.. Enumerable.Range(0, _random.Next(4)).Select(_ => Text())],
        ExpireTime = Chance(2) ? DateTimeOffset.UnixEpoch.AddMicroseconds(_random.NextInt64(1L << 50)) : null,
        Lag = Chance(2) ? TimeSpan.FromMilliseconds(_random.Next()) : null,
        Attempts = Chance(2) ? _random.Next() : null,
        Proof = Text(),
    };

    private string Text() => Texts[_random.Next(Texts.Length)];
}
