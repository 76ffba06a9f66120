using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Identity;

namespace SecretsBroker.Tests.Attacks;

/// <summary>Something that must not be served, and what has to be said of it.</summary>
/// <param name="Kind">What it is an attack of; <see cref="AttackIndexTests"/> goes by it.</param>
/// <param name="Name">What is wrong.</param>
/// <param name="Status">What the attacker is answered.</param>
/// <param name="Reason">The same for programs; empty where the broker answers nothing.</param>
/// <param name="Prepare">Does what leads up to it, and returns it.</param>
internal sealed record Attack(string Kind, string Name, StatusCode Status, string Reason, Func<AttackSite, Task<Func<Task>>> Prepare)
{
    /// <summary>Why the caller was not believed: it is counted, and on the record with others of its kind.</summary>
    public AuthenticationFault? Fault { get; init; }

    /// <summary>The record that says why, among those that came with it; null where the attacker learns nothing and nothing happened.</summary>
    public Func<AuditRecord, bool>? Record { get; init; }

    /// <summary>Further answers that will do: of a connection that is broken off, each side may be the first to notice.</summary>
    public IReadOnlyList<StatusCode> OrStatus { get; init; } = [];

    public static Attack Now(string kind, string name, StatusCode status, string reason, Func<AttackSite, Task> attack) =>
        new(kind, name, status, reason, site => Task.FromResult<Func<Task>>(() => attack(site)));

    public override string ToString() => $"{Kind}: {Name}";
}
