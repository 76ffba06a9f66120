using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Revocation.Recheck;
using SecretsBroker.V1;

namespace SecretsBroker.Api;

/// <summary><c>secretsbroker.v1.RecheckService</c>.</summary>
internal sealed class RecheckApi(OperatorGate gate, PolicyRecheck recheck) : RecheckService.RecheckServiceBase
{
    private const int HashLength = 64;

    private static readonly OperatorSubject Policies = OperatorSubject.Named("policies");

    public override async Task<GetRecheckResponse> GetRecheck(GetRecheckRequest request, ServerCallContext context)
    {
        await gate.DemandAsync(context, OperatorAction.ReadPolicy, Policies);
        return new GetRecheckResponse { Recheck = recheck.Report is { } report ? ToMessage(report) : null };
    }

    public override async Task<ConfirmRecheckResponse> ConfirmRecheck(ConfirmRecheckRequest request, ServerCallContext context)
    {
        await gate.DemandAsync(context, OperatorAction.ConfirmRecheck, Policies);
        if (request.PolicyHash.Length != HashLength || !request.PolicyHash.All(char.IsAsciiHexDigitLower))
        {
            throw Errors.Invalid("policy_hash", $"must be {HashLength} hexadecimal digits, in lower case");
        }

        return await recheck.ConfirmAsync(request.PolicyHash, context.GetWorkload().Id.Value, context.CancellationToken)
            ? new ConfirmRecheckResponse()
            : throw Errors.NothingHeld();
    }

    private static Recheck ToMessage(RecheckReport report) => new()
    {
        PolicyHash = report.PolicyHash,
        // The same numbers; a test says so.
        Outcome = (V1.RecheckOutcome)report.Outcome,
        EndTime = report.Time.ToTimestamp(),
        AllowedCount = report.Allowed,
        DeniedCount = report.Denied,
        FailedCount = report.Failed + report.Undecided,
        NotAskedCount = report.NotAsked,
        RevokedCount = report.Revoked,
        Incomplete = report.IsIncomplete,
        DeniedByGrant = { new Dictionary<string, int>(report.DeniedByGrant) },
        DeniedLeaseIds = { report.Examples.Select(lease => lease.Value) },
    };
}
