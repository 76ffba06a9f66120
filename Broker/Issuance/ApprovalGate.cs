using SecretsBroker.Approvals;
using SecretsBroker.Approvals.Notices;
using SecretsBroker.Audit;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Issuance;

/// <summary>
/// Sees to it that what policy allows only with an approval has one, for just this, and that it serves once. Policy was asked before, each
/// time: an approval fulfils its demand and nothing else.
/// </summary>
internal sealed partial class ApprovalGate(
    IApprovalStore approvals,
    CurrentCatalog catalog,
    GlassBreaking glass,
    IAuditSink audit,
    NoticeQueue notices,
    BrokerMetrics metrics,
    IOptions<ApprovalOptions> options,
    ILogger<ApprovalGate> logger)
{
    /// <param name="question">What policy was asked.</param>
    /// <param name="decision">It allowed it.</param>
    /// <param name="plea">What the request brings along.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<Clearance> ClearAsync(
        PolicyQuestion question, Decision decision, ApprovalPlea plea, CancellationToken cancellationToken)
    {
        if (decision.Answer.Obligations.Approvals.Count == 0)
        {
            return Clearance.NotNeeded.Instance;
        }

        var subject = ApprovalSubjects.Of(question, decision, plea, catalog.Snapshot);
        if (plea.Approval is { } id)
        {
            return Clear(await FindAsync(id, question.Workload.Id, cancellationToken), id, subject);
        }

        if (plea.BreakGlass.Length > 0)
        {
            return await glass.IsAllowedAsync(question, plea.BreakGlass, cancellationToken)
                ? new Clearance.WithoutApproval(subject, plea.BreakGlass)
                : new Clearance.Refused(RefusalReason.BreakGlassDenied, Approval: null);
        }

        return await ParkAsync(subject, decision, cancellationToken);
    }

    /// <summary>
    /// Does what has to be done right before the secret is made. A crash or a failure afterwards wastes the approval; nothing ever uses it twice.
    /// </summary>
    /// <returns>Null when the secret may be made; otherwise why not.</returns>
    /// <exception cref="AuditException">It is not on the record, and no secret may follow.</exception>
    public async Task<Clearance.Refused?> PassAsync(Clearance clearance, Decision decision, CancellationToken cancellationToken)
    {
        switch (clearance)
        {
            case Clearance.NotNeeded:
                return null;
            case Clearance.Approved { Approval: var approval }:
                if (!await approvals.UseAsync(approval.Id, approval.Subject.Hash, decision.Id, cancellationToken))
                {
                    return new Clearance.Refused(RefusalReason.ApprovalEnded, approval.Id);
                }

                await audit.AppendAsync(ApprovalRecords.Used(approval, decision.Id), cancellationToken);
                metrics.ApprovalStepped(ApprovalStep.Used);
                LogUsed(approval.Id, decision.Id);
                return null;
            case Clearance.WithoutApproval without:
                await glass.BreakAsync(without.Subject, decision.Id, without.Justification, cancellationToken);
                return null;
            default:
                return (Clearance.Refused)clearance;
        }
    }

    private async Task<Approval?> FindAsync(ApprovalId id, WorkloadId workload, CancellationToken cancellationToken) =>
        await approvals.FindAsync(id, cancellationToken) is { } approval && approval.Owner == workload ? approval : null;

    private static Clearance Clear(Approval? approval, ApprovalId id, ApprovalSubject subject) => approval?.State switch
    {
        null => new Clearance.Refused(RefusalReason.ApprovalNotFound, id),
        ApprovalState.Rejected => new Clearance.Refused(RefusalReason.ApprovalRejected, id),
        ApprovalState.Used or ApprovalState.Expired => new Clearance.Refused(RefusalReason.ApprovalEnded, id),
        _ when approval.Subject.Hash != subject.Hash => new Clearance.Refused(RefusalReason.ApprovalVoid, id),
        ApprovalState.Approved => new Clearance.Approved(approval),
        _ => new Clearance.Refused(RefusalReason.ApprovalNeeded, id),
    };

    private async Task<Clearance> ParkAsync(ApprovalSubject subject, Decision decision, CancellationToken cancellationToken)
    {
        var owner = new WorkloadId(subject.Workload);
        if (await approvals.FindParkedAsync(owner, subject.Hash, cancellationToken) is { } earlier)
        {
            return Parked(earlier);
        }

        var asked = new Approval { Id = approvals.NewApprovalId(owner), Subject = subject, DecisionId = decision.Id };
        await audit.AppendAsync(ApprovalRecords.Requested(asked), cancellationToken);
        var limits = new ApprovalLimits(options.Value.PendingFor, options.Value.MaxPerWorkload);
        if (await approvals.ParkAsync(asked, limits, cancellationToken) is not { } parked)
        {
            return new Clearance.Refused(RefusalReason.ApprovalQuota, Approval: null);
        }

        if (parked.Id == asked.Id)
        {
            metrics.ApprovalStepped(ApprovalStep.Requested);
            notices.Publish(Notice.Requested(parked));
            LogParked(parked.Id, decision.Id, subject.Workload);
        }

        return Parked(parked);
    }

    private static Clearance.Refused Parked(Approval approval) => new(
        approval.State == ApprovalState.Rejected ? RefusalReason.ApprovalRejected : RefusalReason.ApprovalNeeded, approval.Id);

    [LoggerMessage(Level = LogLevel.Information, Message = "Decision {DecisionId} for {Workload} waits for approval {Approval}")]
    private partial void LogParked(ApprovalId approval, string decisionId, string workload);

    [LoggerMessage(Level = LogLevel.Information, Message = "Approval {Approval} is used up for decision {DecisionId}")]
    private partial void LogUsed(ApprovalId approval, string decisionId);
}
