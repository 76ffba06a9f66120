namespace SecretsBroker.Telemetry;

/// <summary>
/// Every name that leaves the process as telemetry, after OpenTelemetry's naming conventions. Dashboards and alerts are built on them:
/// a name is never given another meaning.
/// </summary>
internal static class TelemetryNames
{
    /// <summary>Of the meter and of the activity source.</summary>
    public const string Scope = "SecretsBroker";

    public const string ServiceName = "secrets-broker";

    /// <summary>Instruments. Counters count since the process started.</summary>
    public static class Metrics
    {
        /// <summary>Counter, {lease}; by <see cref="Attributes.Grant"/> and <see cref="Attributes.Engine"/>.</summary>
        public const string LeaseIssued = "secretsbroker.lease.issued";

        /// <summary>Counter, {request}; by <see cref="Attributes.Reason"/> and <see cref="Attributes.Grant"/>.</summary>
        public const string LeaseDenied = "secretsbroker.lease.denied";

        /// <summary>Counter, {lease}; by <see cref="Attributes.Cause"/> and <see cref="Attributes.Engine"/>.</summary>
        public const string LeaseRevoked = "secretsbroker.lease.revoked";

        /// <summary>Gauge, {lease}; not yet revoked, by <see cref="Attributes.Target"/>. Every broker of a store reports the store's number.</summary>
        public const string LeaseLive = "secretsbroker.lease.live";

        /// <summary>Gauge, {lease}; tried often and not gone yet, by <see cref="Attributes.Target"/>. The store's number.</summary>
        public const string LeaseStuck = "secretsbroker.lease.stuck";

        /// <summary>
        /// Gauge, {lease}; active and signed by a key that this broker does not have, by <see cref="Attributes.Target"/>: of those whose engine signs.
        /// </summary>
        public const string LeaseSignerLost = "secretsbroker.lease.signer_lost";

        /// <summary>Histogram, s; by <see cref="Attributes.Engine"/> and <see cref="Attributes.Outcome"/>.</summary>
        public const string IssueDuration = "secretsbroker.issue.duration";

        /// <summary>Histogram, s; by <see cref="Attributes.Outcome"/>.</summary>
        public const string DecisionDuration = "secretsbroker.decision.duration";

        /// <summary>Counter, {request}; by <see cref="Attributes.Operation"/>, the operator's action, and <see cref="Attributes.Outcome"/>.</summary>
        public const string OperatorDecisions = "secretsbroker.operator.decisions";

        /// <summary>Histogram, s; by <see cref="Attributes.Engine"/>, <see cref="Attributes.Operation"/> and <see cref="Attributes.Outcome"/>.</summary>
        public const string EngineDuration = "secretsbroker.engine.duration";

        /// <summary>Histogram, s; from due to proven gone, by <see cref="Attributes.Engine"/> and <see cref="Attributes.Target"/>.</summary>
        public const string RevocationLag = "secretsbroker.revocation.lag";

        /// <summary>Gauge, {lease}; to be looked at now, by <see cref="Attributes.Target"/>. The store's number.</summary>
        public const string RevocationBacklog = "secretsbroker.revocation.backlog";

        /// <summary>Gauge, s; how long the oldest of the backlog has been due, by <see cref="Attributes.Target"/>.</summary>
        public const string RevocationBacklogAge = "secretsbroker.revocation.backlog_age";

        /// <summary>
        /// Gauge, {lease}; should be gone and are not, those that wait for another try among them, by <see cref="Attributes.Target"/>. The
        /// store's number.
        /// </summary>
        public const string RevocationDebt = "secretsbroker.revocation.debt";

        /// <summary>Gauge, s; for how long the oldest of the debt should be gone, by <see cref="Attributes.Target"/>.</summary>
        public const string RevocationDebtAge = "secretsbroker.revocation.debt_age";

        /// <summary>
        /// Gauge, {flag}; 1 while calls of this kind fail at the target, as this broker sees it, else 0; by <see cref="Attributes.Target"/>
        /// and <see cref="Attributes.Operation"/>: <c>issue</c> or <c>revoke</c>.
        /// </summary>
        public const string TargetDown = "secretsbroker.target.down";

        /// <summary>Counter, {lease}; removed from a target because no lease covered it, by <see cref="Attributes.Target"/>.</summary>
        public const string ReconciliationRemoved = "secretsbroker.reconciliation.removed";

        /// <summary>
        /// Gauge, {lease}; what was not as the leases say in this broker's last pass over a target, by <see cref="Attributes.Target"/> and
        /// <see cref="Attributes.Outcome"/>: <c>orphan</c>, no lease covers it and it is still there; <c>missing</c>, an active lease says it exists.
        /// </summary>
        public const string ReconciliationDifferences = "secretsbroker.reconciliation.differences";

        /// <summary>Counter, {pass}; over a target, by <see cref="Attributes.Target"/> and <see cref="Attributes.Outcome"/>: <c>succeeded</c> or <c>failed</c>.</summary>
        public const string ReconciliationPasses = "secretsbroker.reconciliation.passes";

        /// <summary>
        /// Counter, {failure}; of engines in processes of their own, by <see cref="Attributes.Target"/> and <see cref="Attributes.Reason"/>. The end of a
        /// process counts for each target that it serves.
        /// </summary>
        public const string EngineProcessFailures = "secretsbroker.engine.process.failures";

        /// <summary>
        /// Histogram, s; runs of the command that rotates a kept secret, by <see cref="Attributes.Target"/> and <see cref="Attributes.Outcome"/>.
        /// </summary>
        public const string RotationDuration = "secretsbroker.rotation.duration";

        /// <summary>Gauge, {order}; kill orders that stand. Every broker of a store reports the store's number.</summary>
        public const string KillOrders = "secretsbroker.kill.orders";

        /// <summary>Counter, {lease}; ended by a kill order at this broker.</summary>
        public const string KillLeases = "secretsbroker.kill.leases";

        /// <summary>Histogram, s; from the call until no broker issued what the order covers, by <see cref="Attributes.Scope"/>.</summary>
        public const string KillStopDuration = "secretsbroker.kill.stop.duration";

        /// <summary>Counter, {request}; by <see cref="Attributes.Outcome"/>: what happened to requests for an approval at this broker.</summary>
        public const string ApprovalSteps = "secretsbroker.approval.steps";

        /// <summary>Gauge, {request}; waiting to be approved. Every broker of a store reports the store's number.</summary>
        public const string ApprovalPending = "secretsbroker.approval.pending";

        /// <summary>Counter, {request}; taken without the approval that policy demands, by <see cref="Attributes.Grant"/>.</summary>
        public const string GlassBroken = "secretsbroker.break_glass.used";

        /// <summary>Gauge, {review}; open reviews of that. Every broker of a store reports the store's number.</summary>
        public const string ReviewOpen = "secretsbroker.review.open";

        /// <summary>Counter, {order}; workloads put in quarantine by this broker, by <see cref="Attributes.Reason"/>.</summary>
        public const string Quarantines = "secretsbroker.quarantine.orders";

        /// <summary>Counter, {failure}; by <see cref="Attributes.Operation"/>.</summary>
        public const string StoreFailures = "secretsbroker.store.failures";

        /// <summary>Counter, {failure}; by <see cref="Attributes.System"/>.</summary>
        public const string ExternalFailures = "secretsbroker.external.failures";

        /// <summary>Histogram, s; from the call to durable.</summary>
        public const string AuditAppendDuration = "secretsbroker.audit.append.duration";

        /// <summary>Counter, {record}; records whose durability could not be promised.</summary>
        public const string AuditAppendFailures = "secretsbroker.audit.append.failures";

        /// <summary>Counter, {flush}.</summary>
        public const string AuditFlushes = "secretsbroker.audit.flushes";

        /// <summary>Counter, {request}; questions to the audit log, by <see cref="Attributes.Outcome"/>.</summary>
        public const string AuditReads = "secretsbroker.audit.reads";

        /// <summary>Gauge, By; free space where the audit log is written.</summary>
        public const string AuditDiskFree = "secretsbroker.audit.disk.free";

        /// <summary>Gauge, {flag}; 1 while the free space is below the configured warning level, else 0.</summary>
        public const string AuditDiskLow = "secretsbroker.audit.disk.low";

        /// <summary>Counter, {request}; by <see cref="Attributes.Reason"/>.</summary>
        public const string AuthenticationFailures = "secretsbroker.authentication.failures";

        /// <summary>Counter, {lookup}; by <see cref="Attributes.Outcome"/>: <c>hit</c> or <c>miss</c>.</summary>
        public const string TokenCacheLookups = "secretsbroker.authentication.token_cache.lookups";

        /// <summary>Counter, {reload}; by <see cref="Attributes.Outcome"/>: <c>loaded</c> or <c>rejected</c>.</summary>
        public const string PolicyReloads = "secretsbroker.policy.reloads";

        /// <summary>
        /// Counter, {lease}; live leases asked about again after a change of policies, by <see cref="Attributes.Outcome"/>.
        /// </summary>
        public const string RecheckLeases = "secretsbroker.recheck.leases";

        /// <summary>
        /// Gauge, {lease}; no longer allowed and not revoked before an operator confirms. Every broker of a store reports the store's number.
        /// </summary>
        public const string RecheckHeld = "secretsbroker.recheck.held";

        /// <summary>Counter, {reload}; by <see cref="Attributes.Outcome"/>: <c>loaded</c> or <c>rejected</c>.</summary>
        public const string CatalogReloads = "secretsbroker.catalog.reloads";

        /// <summary>
        /// Counter, {answer}; of OCSP, by <see cref="Attributes.Target"/> and <see cref="Attributes.Outcome"/>: what was said of each certificate, or of a
        /// request without one.
        /// </summary>
        public const string OcspAnswers = "secretsbroker.ocsp.answers";

        /// <summary>
        /// Counter, {request}; for what a target publishes, by <see cref="Attributes.Target"/>, <see cref="Attributes.Operation"/>, the document, and
        /// <see cref="Attributes.Outcome"/>: <c>given</c>, also when the caller has it already, or <c>unavailable</c>.
        /// </summary>
        public const string PublicationRequests = "secretsbroker.publication.requests";

        /// <summary>UpDownCounter, {lifeline}; held open at this broker.</summary>
        public const string LifelineOpen = "secretsbroker.lifeline.open";

        /// <summary>Counter, {task}; by <see cref="Attributes.Outcome"/>.</summary>
        public const string TaskEnded = "secretsbroker.task.ended";

        /// <summary>Counter, {delegation}; created, narrowed, ended and refused at this broker, by <see cref="Attributes.Operation"/>.</summary>
        public const string DelegationChanges = "secretsbroker.delegation.changes";
    }

    /// <summary>Attribute keys. Those above the line are bounded and may stand on metrics; the others only on spans and logs.</summary>
    public static class Attributes
    {
        public const string Grant = "secretsbroker.grant";
        public const string Engine = "secretsbroker.engine";
        public const string Target = "secretsbroker.target";
        public const string Operation = "secretsbroker.operation";
        public const string Outcome = "secretsbroker.outcome";
        public const string Reason = "secretsbroker.reason";
        public const string Cause = "secretsbroker.cause";
        public const string System = "secretsbroker.system";
        public const string Scope = "secretsbroker.scope";

        // ---- unbounded: never on a metric

        public const string Lease = "secretsbroker.lease_id";
        public const string Decision = "secretsbroker.decision_id";
        public const string Task = "secretsbroker.task_id";
        public const string Workload = "secretsbroker.workload";

        /// <summary>OpenTelemetry's own.</summary>
        public const string ErrorType = "error.type";
    }

    /// <summary>Span names.</summary>
    public static class Spans
    {
        public const string Issue = "lease issue";
        public const string Identity = "identity authenticate";
        public const string Policy = "policy decide";
        public const string PolicyServer = "policy ask";
        public const string Audit = "audit append";
        public const string Revocation = "lease revoke";

        /// <summary>Followed by the operation: <c>store reserve</c>.</summary>
        public const string StorePrefix = "store ";

        /// <summary>Followed by the operation: <c>engine issue</c>.</summary>
        public const string EnginePrefix = "engine ";
    }

    public static class Units
    {
        public const string Seconds = "s";
        public const string Bytes = "By";
        public const string Flag = "{flag}";
        public const string Lease = "{lease}";
        public const string Request = "{request}";
        public const string Failure = "{failure}";
        public const string Record = "{record}";
        public const string Flush = "{flush}";
        public const string Lookup = "{lookup}";
        public const string Reload = "{reload}";
        public const string Lifeline = "{lifeline}";
        public const string Task = "{task}";
        public const string Order = "{order}";
        public const string Pass = "{pass}";
        public const string Review = "{review}";
        public const string Delegation = "{delegation}";
        public const string Answer = "{answer}";
    }
}
