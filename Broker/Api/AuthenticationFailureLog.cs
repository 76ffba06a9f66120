using SecretsBroker.Identity;

namespace SecretsBroker.Api;

/// <summary>
/// Tells operators why callers are refused: the first of each cause at once, then one line a cause and interval with the
/// number of those it stands for. A flood of bad tokens must not become a flood of lines, nor hide another cause. The audit log
/// hears of them too.
/// </summary>
internal sealed partial class AuthenticationFailureLog(
    AuthenticationFailureRecords records, TimeProvider time, ILogger<AuthenticationFailureLog> logger)
{
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<(AuthenticationFault Fault, bool OfInitiator), Window> _windows = [];

    public void Refused(string method, AuthenticationResult result, string sourceAddress)
    {
        records.Count(result.Fault, result.Authority, sourceAddress);
        if (TryTake(result.Fault, ofInitiator: false, out var unlogged))
            LogRefused(method, sourceAddress, result.Fault, result.Authority, unlogged);
    }

    /// <summary>A known caller's token of somebody else's is not believed.</summary>
    public void InitiatorRefused(string method, WorkloadId caller, AuthenticationFault fault, string authority, string sourceAddress)
    {
        records.Count(fault, authority, sourceAddress, caller);
        if (TryTake(fault, ofInitiator: true, out var unlogged))
            LogInitiatorRefused(method, caller, fault, authority, unlogged);
    }

    /// <summary>A defect of the broker, not of the caller.</summary>
    public void NoRule(string method)
    {
        if (TryTake(AuthenticationFault.None, ofInitiator: false, out var unlogged))
            LogNoRule(method, unlogged);
    }

    private bool TryTake(AuthenticationFault fault, bool ofInitiator, out int unlogged)
    {
        var cause = (fault, ofInitiator);
        var now = time.GetTimestamp();
        lock (_gate)
        {
            var seen = _windows.TryGetValue(cause, out var window);
            unlogged = window.Unlogged;
            if (seen && time.GetElapsedTime(window.Logged, now) < Interval)
            {
                _windows[cause] = window with { Unlogged = unlogged + 1 };
                return false;
            }

            _windows[cause] = new Window(now, 0);
            return true;
        }
    }

    private readonly record struct Window(long Logged, int Unlogged);
}
