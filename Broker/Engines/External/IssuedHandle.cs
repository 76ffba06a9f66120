using System.Globalization;
using SecretsBroker.Engine.V1;
using Lease = SecretsBroker.Leases.Lease;

namespace SecretsBroker.Engines.External;

/// <summary>
/// What is kept of an issued secret that only time ends and nothing renews: its end, which a lease that was shortened does not tell, and the engine's own
/// handle. Seconds since 1970, a space, and the handle; an engine's handle has no space, so that one that was kept by itself is told apart.
/// </summary>
/// <param name="End">Null when it was not kept, or what was kept is no time.</param>
/// <param name="Own">The engine's.</param>
internal readonly record struct IssuedHandle(DateTimeOffset? End, string Own)
{
    private static readonly long LatestSeconds = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary>How long it is with the longest handle that an engine may have, and the last end that there is.</summary>
    public static int MaxLength { get; } = new IssuedHandle(DateTimeOffset.MaxValue, new string('h', EngineHandle.MaxLength)).ToString().Length;

    /// <param name="answer">With an end: not a second of it is left out.</param>
    public static IssuedHandle Of(IssueResponse answer) =>
        new(DateTimeOffset.FromUnixTimeSeconds(answer.ExpireTime.Seconds + (answer.ExpireTime.Nanos > 0 ? 1 : 0)), answer.Handle);

    public static IssuedHandle Read(Lease lease)
    {
        var space = lease.Handle.IndexOf(' ');
        if (space < 0)
        {
            return new IssuedHandle(null, lease.Handle);
        }

        // A record that is damaged is revoked like any other.
        var isTime = long.TryParse(lease.Handle.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= LatestSeconds;
        return new IssuedHandle(isTime ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null, lease.Handle[(space + 1)..]);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{End?.ToUnixTimeSeconds()} {Own}");
}
