using System.Globalization;
using SecretsBroker.Engine.V1;
using Lease = SecretsBroker.Leases.Lease;

namespace SecretsBroker.Engines.External;

/// <summary>
/// What is kept of an issued secret that ends only by time: its end, which a lease that was shortened does not tell, and the engine's own handle. Seconds
/// since 1970, a space, and the handle; an engine's handle has no space, so that one that was kept by itself is told apart.
/// </summary>
/// <param name="End">Null when it was not kept.</param>
/// <param name="Own">The engine's.</param>
internal readonly record struct IssuedHandle(DateTimeOffset? End, string Own)
{
    /// <param name="answer">With an end: not a second of it is left out.</param>
    public static IssuedHandle Of(IssueResponse answer) =>
        new(DateTimeOffset.FromUnixTimeSeconds(answer.ExpireTime.Seconds + (answer.ExpireTime.Nanos > 0 ? 1 : 0)), answer.Handle);

    public static IssuedHandle Read(Lease lease)
    {
        var space = lease.Handle.IndexOf(' ');
        return space > 0 && long.TryParse(lease.Handle.AsSpan(0, space), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? new IssuedHandle(DateTimeOffset.FromUnixTimeSeconds(seconds), lease.Handle[(space + 1)..])
            : new IssuedHandle(null, lease.Handle);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{End?.ToUnixTimeSeconds()} {Own}");
}
