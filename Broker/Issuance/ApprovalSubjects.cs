using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SecretsBroker.Approvals;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Policy;

namespace SecretsBroker.Issuance;

/// <summary>From a decided request to what is to be approved of it. Times, addresses and ids of calls are left out: they differ each time.</summary>
internal static class ApprovalSubjects
{
    public static ApprovalSubject Of(PolicyQuestion question, Decision decision, ApprovalPlea plea, CatalogSnapshot catalog)
    {
        var (workload, intent, grant, context) = question;
        return new ApprovalSubject
        {
            Workload = workload.Id.Value,
            Task = plea.Task,
            TaskPurpose = context.TaskPurpose,
            Initiator = context.Initiator,
            InitiatorIsVerified = context.VerifiedInitiator is not null,
            InitiatorName = context.VerifiedInitiator?.Name ?? "",
            Labels = context.Labels,
            Chain = [.. context.Delegation?.Chain.Select(above => above.Value) ?? []],
            Delegation = context.Delegation?.Delegation ?? "",
            RootTask = context.Delegation?.RootTask.Value ?? "",
            RootPurpose = context.Delegation?.RootPurpose ?? "",
            RootIntent = context.Delegation?.RootHash ?? "",
            Action = intent.Action,
            Resource = intent.Resource,
            Tool = intent.Tool,
            Purpose = intent.Purpose,
            TimeToLiveMilliseconds = (long)(intent.TimeToLive ?? grant.DefaultTimeToLive).TotalMilliseconds,
            Lease = plea.Lease,
            Credential = plea.Input.EngineType,
            CredentialHash = HashOf(plea.Input),
            SealedFor = plea.SealedFor,
            Grant = grant.Name,
            Engine = grant.Engine,
            Target = grant.Target,
            Classification = grant.Classification,
            Environment = grant.Environment,
            CatalogHash = HashOf(grant, catalog.FindTarget(grant.Target)),
            Policies = decision.Answer.Policies,
            PolicyHash = decision.Answer.PolicyHash,
            Signals = context.Signals,
            Demands = [.. ApprovalDemand.Of(decision.Answer.Obligations.Approvals).Select(demand => demand.ToString())],
        };
    }

    private static string HashOf(CredentialInput input) => input switch
    {
        CredentialInput.Postgres postgres => HashOf(postgres.CertificateRequest.Span, postgres.PublicKey.Span),
        CredentialInput.X509 certificate => HashOf(certificate.CertificateRequest.Span, certificate.PublicKey.Span),
        CredentialInput.Jwt token => HashOf(token.Certificate.Span, Encoding.UTF8.GetBytes(token.JsonWebKey)),
        CredentialInput.Ssh ssh => HashOf(Encoding.UTF8.GetBytes(ssh.PublicKey), []),
        CredentialInput.External { Values.Count: > 0 } external => HashOf(JsonSerializer.SerializeToUtf8Bytes(external.Values), []),
        CredentialInput.None or CredentialInput.External or CredentialInput.Redis or CredentialInput.RabbitMq or CredentialInput.Vault
            or CredentialInput.AwsSts or CredentialInput.Static or CredentialInput.OAuth => "",
        _ => throw new ArgumentOutOfRangeException(nameof(input), input.GetType().Name, "is not known here"),
    };

    /// <summary>Of two parts with their lengths, so that none can be moved into the other; empty when both are.</summary>
    private static string HashOf(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (first.IsEmpty && second.IsEmpty)
        {
            return "";
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{first.Length} {second.Length} ")));
        hash.AppendData(first);
        hash.AppendData(second);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // What makes the secret: an approver who has read "read-only on orders" has not approved what the catalogue says a minute later.
    private static string HashOf(Grant grant, Target? target)
    {
        string[] parts =
        [
            $"{grant.DefaultTimeToLive.Ticks} {grant.MaxTimeToLive.Ticks} {grant.RevokeOnViolation} {grant.Sealed} {grant.RequireProof} {grant.SingleUseTokens}",
            string.Join(' ', grant.Tools),
            SettingsOf(grant.Settings),
            target?.Name ?? "",
            target is null ? "" : SettingsOf(target.Settings),
        ];
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))));
    }

    private static string SettingsOf(System.Text.Json.JsonElement settings) =>
        settings.ValueKind == System.Text.Json.JsonValueKind.Undefined ? "" : settings.GetRawText();
}
