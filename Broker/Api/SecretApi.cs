using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Audit;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Encryption;
using SecretsBroker.Engines.Static;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Telemetry;
using SecretsBroker.V1;
using Decision = SecretsBroker.Policy.Decision;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Api;

/// <summary><c>secretsbroker.v1.SecretService</c>.</summary>
internal sealed class SecretApi(OperatorGate gate, CurrentCatalog catalog, TargetEngines engines, IAuditSink audit)
    : SecretService.SecretServiceBase
{
    public override async Task<ListSecretsResponse> ListSecrets(ListSecretsRequest request, ServerCallContext context)
    {
        var (keeper, _) = await OpenAsync(context, OperatorAction.ReadSecrets, request.Target);
        var secrets = await keeper.ListAsync(context.CancellationToken);
        return new ListSecretsResponse
        {
            Secrets = { secrets.OrderBy(secret => secret.Key, StringComparer.Ordinal).Select(secret => ToMessage(secret.Key, secret.Value)) },
        };
    }

    public override async Task<PutSecretResponse> PutSecret(PutSecretRequest request, ServerCallContext context)
    {
        try
        {
            var (keeper, decision) = await OpenAsync(context, OperatorAction.ManageSecrets, request.Target, request.Name);
            using var fields = SecretFields.TryRead(request.Value.Span) ?? throw Errors.Invalid("value", SecretFields.Rule);
            var answer = await keeper.PutAsync(
                request.Name, fields, request.HasExpectedVersion ? request.ExpectedVersion : null, context.CancellationToken);
            await RecordAsync(context, decision, "put", request.Target, request.Name, answer);
            return new PutSecretResponse { Version = answer.Version };
        }
        finally
        {
            request.Value.Wipe();
        }
    }

    public override async Task<RestoreSecretResponse> RestoreSecret(RestoreSecretRequest request, ServerCallContext context)
    {
        var (keeper, decision) = await OpenAsync(context, OperatorAction.ManageSecrets, request.Target, request.Name);
        var answer = await keeper.RestoreAsync(request.Name, VersionOf(request.Version), context.CancellationToken);
        await RecordAsync(context, decision, "restore", request.Target, request.Name, answer);
        return new RestoreSecretResponse();
    }

    public override async Task<DestroySecretResponse> DestroySecret(DestroySecretRequest request, ServerCallContext context)
    {
        var (keeper, decision) = await OpenAsync(context, OperatorAction.ManageSecrets, request.Target, request.Name);
        var answer = await keeper.DestroyAsync(request.Name, VersionOf(request.Version), context.CancellationToken);
        await RecordAsync(context, decision, "destroy", request.Target, request.Name, answer);
        return new DestroySecretResponse();
    }

    public override async Task<RotateSecretResponse> RotateSecret(RotateSecretRequest request, ServerCallContext context)
    {
        var (keeper, decision) = await OpenAsync(context, OperatorAction.ManageSecrets, request.Target, request.Name);
        var answer = await keeper.RotateAsync(request.Name, context.CancellationToken);
        await RecordAsync(context, decision, "rotate", request.Target, request.Name, answer);
        return new RotateSecretResponse { Version = answer.Version };
    }

    public override async Task<RekeySecretsResponse> RekeySecrets(RekeySecretsRequest request, ServerCallContext context)
    {
        var (keeper, decision) = await OpenAsync(context, OperatorAction.ManageSecrets, request.Target);
        var (count, key) = await keeper.RekeyAsync(context.CancellationToken);
        await audit.AppendAsync(Record(context, decision, "rekey", request.Target, "", $"{count} values under key {key}"), CancellationToken.None);
        return new RekeySecretsResponse { Count = count, KeyId = key };
    }

    /// <param name="context">Of the call.</param>
    /// <param name="action">What has to be allowed.</param>
    /// <param name="target">As the caller named it.</param>
    /// <param name="name">Likewise; null when the call is about all of the target.</param>
    private async Task<(SecretKeeper Keeper, Decision Decision)> OpenAsync(
        ServerCallContext context, OperatorAction action, string target, string? name = null)
    {
        if (!NameRule.Entry.Allows(target))
        {
            throw Errors.Invalid("target", NameRule.Entry.Text);
        }

        if (name is not null && !NameRule.Entry.Allows(name))
        {
            throw Errors.Invalid("name", NameRule.Entry.Text);
        }

        var decision = await gate.DemandAsync(context, action, OperatorSubject.Secret(target, name ?? ""));
        if (catalog.Snapshot.FindTarget(target) is null || engines.Find(target) is not { } engine)
        {
            throw Errors.NoSuchTarget();
        }

        return engine.Engine is StaticEngine kept ? (kept.Keeper, decision) : throw Errors.NotStatic();
    }

    /// <summary>What was done stays done when it cannot be recorded: that it was decided stands in the log.</summary>
    private async Task RecordAsync(
        ServerCallContext context, Decision decision, string operation, string target, string name, KeeperAnswer answer)
    {
        if (answer.Status != KeeperStatus.Done)
        {
            throw Errors.NotKept(answer.Status);
        }

        await audit.AppendAsync(Record(context, decision, operation, target, name, $"version {answer.Version}"), CancellationToken.None);
    }

    private static AuditRecord Record(
        ServerCallContext context, Decision decision, string operation, string target, string name, string outcome) => new()
    {
        Id = $"{decision.Id}/secret",
        Type = AuditEventType.SecretChanged,
        Workload = context.GetWorkload().Id.Value,
        Action = operation,
        Resource = $"{target}/{name}",
        DecisionId = decision.Id,
        Engine = StaticEngineType.TypeName,
        Target = target,
        Outcome = outcome,
        TraceId = BrokerTracing.CurrentTraceId,
    };

    private static int VersionOf(int version) => version >= 1 ? version : throw Errors.Invalid("version", "must be at least 1");

    private static StaticSecret ToMessage(string name, KeptSecret secret) => new()
    {
        Name = name,
        Versions = { secret.Versions.Select(ToMessage) },
        HolderCount = secret.Holders.Count,
    };

    private static StaticSecretVersion ToMessage(SecretVersion version) => new()
    {
        Version = version.Number,
        // The same numbers; a test says so.
        State = (StaticSecretState)version.State,
        CreateTime = version.CreateTime.ToTimestamp(),
        KeyId = SealedValue.TryParse(version.Value, out var value) ? value.KeyId : "",
    };
}
