using Grpc.Core;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Operators;

namespace SecretsBroker.Api;

/// <summary>What a call of <see cref="CallRule.Operator"/> begins with.</summary>
internal static class OperatorCalls
{
    /// <exception cref="RpcException">PERMISSION_DENIED: policy does not let the caller do this.</exception>
    public static async Task<Decision> DemandAsync(
        this OperatorGate gate,
        ServerCallContext context,
        OperatorAction action,
        OperatorSubject subject,
        string reason = "",
        WhenUnrecorded whenUnrecorded = WhenUnrecorded.Stop)
    {
        var question = new OperatorQuestion(context.GetWorkload(), action, subject)
        {
            SourceAddress = context.GetSourceAddress(),
            Reason = reason,
            WhenUnrecorded = whenUnrecorded,
        };
        var decision = await gate.DecideAsync(question, context.CancellationToken);
        return decision.Answer.Allowed ? decision : throw Errors.OperatorDenied(decision);
    }
}
