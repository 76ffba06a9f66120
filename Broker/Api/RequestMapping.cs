using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Engines;
using SecretsBroker.Intents;
using SecretsBroker.Issuance;
using SecretsBroker.Sealing;
using SecretsBroker.V1;
using Intent = SecretsBroker.Intents.Intent;
using NewTask = SecretsBroker.Intents.NewTask;

namespace SecretsBroker.Api;

/// <summary>From messages to the domain; what comes out keeps the rules.</summary>
internal static class RequestMapping
{
    public static NewTask ToNewTask(StartTaskRequest request) => new(
        OptionalTaskId("task_id", request.TaskId),
        RequestRules.Text("purpose", request.Purpose, 500, required: true),
        RequestRules.Text("initiator", request.Initiator, 200, required: false),
        RequestRules.Labels("labels", request.Labels),
        // The upper bound is the configured maximum, which cuts rather than refuses.
        RequestRules.Span("lifetime", request.Lifetime, RequestRules.MinTimeToLive, TimeSpan.FromDays(365)))
    {
        Scope = DelegationMapping.ToScope("scope", request.Scope),
        Delegation = DelegationMapping.ToOptionalId(request.DelegationId),
    };

    public static IssueCommand ToCommand(IssueLeaseRequest request, string sourceAddress)
    {
        var intent = ToIntent(request.Intent);
        return new IssueCommand
        {
            Task = request.TaskCase == IssueLeaseRequest.TaskOneofCase.TaskId ? RequestRules.TaskId("task_id", request.TaskId) : null,
            NewTask = request.TaskCase switch
            {
                IssueLeaseRequest.TaskOneofCase.TaskId => null,
                IssueLeaseRequest.TaskOneofCase.NewTask => ToNewTask(request, intent.Purpose),
                _ => throw Errors.Invalid("task", "must name a task or start one"),
            },
            Delegation = DelegationMapping.ToOptionalId(request.DelegationId),
            Intent = intent,
            Input = ToInput(request.Credential),
            Approval = RequestRules.OptionalApprovalId(request.ApprovalId),
            BreakGlass = ToJustification(request),
            RequestId = RequestRules.RequestId("request_id", request.RequestId),
            Recipient = ToRecipient(request.RecipientKey),
            SourceAddress = sourceAddress,
        };
    }

    public static Intents.TaskOutcome ToOutcome(V1.TaskOutcome outcome) => outcome switch
    {
        V1.TaskOutcome.Succeeded => Intents.TaskOutcome.Succeeded,
        V1.TaskOutcome.Failed => Intents.TaskOutcome.Failed,
        V1.TaskOutcome.Aborted => Intents.TaskOutcome.Aborted,
        _ => throw Errors.Invalid("outcome", "must be SUCCEEDED, FAILED or ABORTED"),
    };

    private static string ToJustification(IssueLeaseRequest request)
    {
        if (request.BreakGlass is null)
        {
            return "";
        }

        return request.ApprovalId.Length == 0
            ? RequestRules.Text("break_glass.justification", request.BreakGlass.Justification, 500, required: true).Trim() is { Length: > 0 } text
                ? text
                : throw Errors.Invalid("break_glass.justification", "must say why")
            : throw Errors.Invalid("break_glass", "must not stand beside an approval_id");
    }

    private static Intent ToIntent(V1.Intent? intent)
    {
        if (intent is null)
        {
            throw Errors.Invalid("intent", "must be given");
        }

        return new Intent(
            RequestRules.Action("intent.action", intent.Action),
            RequestRules.Resource("intent.resource", intent.Resource),
            RequestRules.Tool("intent.tool", intent.Tool),
            RequestRules.Text("intent.purpose", intent.Purpose, 500, required: true),
            RequestRules.Span("intent.time_to_live", intent.TimeToLive, RequestRules.MinTimeToLive, RequestRules.MaxTimeToLive));
    }

    private static NewTask ToNewTask(IssueLeaseRequest request, string purpose) => new(
        OptionalTaskId("new_task.task_id", request.NewTask.TaskId) ?? TaskOf(RequestRules.RequestId("request_id", request.RequestId)),
        purpose,
        RequestRules.Text("new_task.initiator", request.NewTask.Initiator, 200, required: false),
        RequestRules.Labels("new_task.labels", request.NewTask.Labels),
        Lifetime: null)
    {
        Delegation = DelegationMapping.ToOptionalId(request.DelegationId),
    };

    // A request id protects within its task: a retry that opened another task would leave two secrets.
    private static TaskId? TaskOf(string requestId) => requestId.Length == 0
        ? null
        : new TaskId("r-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(requestId)).AsSpan(0, 16)));

    private static CredentialInput ToInput(CredentialRequest? request) => request?.KindCase switch
    {
        null or CredentialRequest.KindOneofCase.None => new CredentialInput.None(),
        CredentialRequest.KindOneofCase.Postgres => ToInput(request.Postgres),
        CredentialRequest.KindOneofCase.Certificate => ToInput(request.Certificate),
        CredentialRequest.KindOneofCase.AccessToken => ToInput(request.AccessToken),
        CredentialRequest.KindOneofCase.Redis => new CredentialInput.Redis(),
        CredentialRequest.KindOneofCase.Ssh => ToInput(request.Ssh),
        CredentialRequest.KindOneofCase.Rabbitmq => new CredentialInput.RabbitMq(),
        CredentialRequest.KindOneofCase.AwsSts => new CredentialInput.AwsSts(),
        CredentialRequest.KindOneofCase.Vault => new CredentialInput.Vault(),
        CredentialRequest.KindOneofCase.StaticSecret => new CredentialInput.Static(),
        CredentialRequest.KindOneofCase.Oauth => new CredentialInput.OAuth(),
        CredentialRequest.KindOneofCase.External => ExternalInput.Read("credential.external.input", request.External.Input),
        _ => throw Errors.Invalid("credential", "is of a kind that this broker does not know"),
    };

    private static CredentialInput.Postgres ToInput(PostgresRequest request) => request.KeyCase switch
    {
        PostgresRequest.KeyOneofCase.CertificateSigningRequest => new CredentialInput.Postgres(
            RequestRules.Bytes("credential.postgres.certificate_signing_request", request.CertificateSigningRequest, 8 * 1024),
            default),
        PostgresRequest.KeyOneofCase.PublicKey => new CredentialInput.Postgres(
            default, RequestRules.Bytes("credential.postgres.public_key", request.PublicKey, 2 * 1024)),
        _ => new CredentialInput.Postgres(),
    };

    private static CredentialInput.X509 ToInput(CertificateRequest request) => request.KeyCase switch
    {
        CertificateRequest.KeyOneofCase.CertificateSigningRequest => new CredentialInput.X509(
            RequestRules.Bytes("credential.certificate.certificate_signing_request", request.CertificateSigningRequest, 8 * 1024),
            default),
        CertificateRequest.KeyOneofCase.PublicKey => new CredentialInput.X509(
            default, RequestRules.Bytes("credential.certificate.public_key", request.PublicKey, 2 * 1024)),
        _ => throw Errors.Invalid("credential.certificate", "must have a certificate signing request or a public key"),
    };

    private static CredentialInput.Jwt ToInput(AccessTokenRequest request) => request.BindingCase switch
    {
        AccessTokenRequest.BindingOneofCase.Certificate => new CredentialInput.Jwt(
            RequestRules.Bytes("credential.access_token.certificate", request.Certificate, 16 * 1024), ""),
        AccessTokenRequest.BindingOneofCase.JsonWebKey when Encoding.UTF8.GetByteCount(request.JsonWebKey) is > 0 and <= 4096 =>
            new CredentialInput.Jwt(default, request.JsonWebKey),
        AccessTokenRequest.BindingOneofCase.JsonWebKey => throw Errors.Invalid(
            "credential.access_token.json_web_key", "must have 1 to 4096 bytes"),
        _ => new CredentialInput.Jwt(default, ""),
    };

    private static CredentialInput.Ssh ToInput(SshRequest request) => Encoding.UTF8.GetByteCount(request.PublicKey) is > 0 and <= 8 * 1024
        ? new CredentialInput.Ssh(request.PublicKey)
        : throw Errors.Invalid("credential.ssh.public_key", "must have 1 to 8192 bytes");

    private static RecipientKey? ToRecipient(string key) => key.Length == 0
        ? null
        : RecipientKeyReader.TryRead(key, out var rule) ?? throw Errors.Invalid("recipient_key", rule);

    private static TaskId? OptionalTaskId(string field, string value) =>
        value.Length == 0 ? null : RequestRules.TaskId(field, value);
}
