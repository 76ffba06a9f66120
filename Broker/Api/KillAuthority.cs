using Grpc.Core;
using SecretsBroker.Identity;
using SecretsBroker.KillSwitch;
using SecretsBroker.Policy.Operators;

namespace SecretsBroker.Api;

/// <summary>
/// Who may pull, see and lift. Decided in this process by the policies that were loaded last, so that a policy server or a broken
/// policy file does not stand between an operator and the switch; and never held up by an audit log that cannot be written.
/// </summary>
internal sealed partial class KillAuthority(OperatorGate gate, IOptions<OperatorOptions> options, ILogger<KillAuthority> logger)
{
    /// <exception cref="RpcException">PERMISSION_DENIED.</exception>
    public async Task DemandKillAsync(KillSelector selector, string reason, ServerCallContext context)
    {
        if (!IsKiller(context.GetWorkload(), OperatorAction.Kill))
        {
            await gate.DemandAsync(context, OperatorAction.Kill, SubjectOf(selector), reason, WhenUnrecorded.GoOn);
        }
    }

    /// <inheritdoc cref="DemandKillAsync"/>
    public async Task DemandReadAsync(ServerCallContext context)
    {
        if (!IsKiller(context.GetWorkload(), OperatorAction.ReadKills))
        {
            await gate.DemandAsync(
                context, OperatorAction.ReadKills, OperatorSubject.Named("kills"), whenUnrecorded: WhenUnrecorded.GoOn);
        }
    }

    /// <returns>Whether a second operator has to confirm.</returns>
    /// <inheritdoc cref="DemandKillAsync"/>
    public async Task<bool> DemandLiftAsync(KillSelector selector, ServerCallContext context)
    {
        var decision = await gate.DemandAsync(context, OperatorAction.LiftKill, SubjectOf(selector));
        return decision.Answer.Obligations.SecondOperator;
    }

    private bool IsKiller(Workload workload, OperatorAction action)
    {
        if (!options.Value.Killers.Contains(workload.Id.Value))
        {
            return false;
        }

        LogKiller(workload.Id, action);
        return true;
    }

    private static OperatorSubject SubjectOf(KillSelector selector) =>
        OperatorSubject.Selector(selector.Scope.ToString().ToLowerInvariant(), selector.Value);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Workload} may {Action} by the setting Operators:Killers; no policy was asked")]
    private partial void LogKiller(WorkloadId workload, OperatorAction action);
}
