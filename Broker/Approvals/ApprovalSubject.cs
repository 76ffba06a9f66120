using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SecretsBroker.Behaviour;
using SecretsBroker.Policy;

namespace SecretsBroker.Approvals;

/// <summary>
/// What is to be approved: all that an approver is shown, and all that an approval is bound to. Whatever of it is another when the approval is
/// to be used makes it void. The names of its members are stored; they are never renamed. Never a secret.
/// </summary>
internal sealed record ApprovalSubject
{
    // who, and for what task

    public required string Workload { get; init; }

    /// <summary>Empty for a task that is yet to be opened under an id that the broker chooses.</summary>
    public string Task { get; init; } = "";

    public string TaskPurpose { get; init; } = "";

    public string Initiator { get; init; } = "";

    /// <summary>Whether a token showed that it is the initiator; otherwise the workload states it.</summary>
    public bool InitiatorIsVerified { get; init; }

    /// <summary>As people know a verified initiator; empty when not known.</summary>
    public string InitiatorName { get; init; } = "";

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Those besides the workload and the initiator who stand behind the request; in order, from the root.</summary>
    public IReadOnlyList<string> Chain { get; init; } = [];

    /// <summary>Under which delegation; it and what follows of the root task are empty for a task of the workload's own.</summary>
    public string Delegation { get; init; } = "";

    /// <summary>The task that all of it is for.</summary>
    public string RootTask { get; init; } = "";

    public string RootPurpose { get; init; } = "";

    /// <summary>Hash of what the root task fixes.</summary>
    public string RootIntent { get; init; } = "";

    // what

    public required string Action { get; init; }

    public required string Resource { get; init; }

    public string Tool { get; init; } = "";

    public string Purpose { get; init; } = "";

    /// <summary>As policy saw it.</summary>
    public long TimeToLiveMilliseconds { get; init; }

    /// <summary>The lease that is to be stretched; empty for a new one.</summary>
    public string Lease { get; init; } = "";

    /// <summary>The kind of credential; empty when the caller left that to the catalogue.</summary>
    public string Credential { get; init; } = "";

    /// <summary>SHA-256 of what the caller sent for the engine, hexadecimal; empty when nothing.</summary>
    public string CredentialHash { get; init; } = "";

    /// <summary>Thumbprint of the key that the secret is sealed for; empty when it is delivered as it is.</summary>
    public string SealedFor { get; init; } = "";

    // by what

    public required string Grant { get; init; }

    public string Engine { get; init; } = "";

    public string Target { get; init; } = "";

    public string Classification { get; init; } = "";

    public string Environment { get; init; } = "";

    /// <summary>SHA-256 of the grant and its target as the catalogue has them, hexadecimal.</summary>
    public string CatalogHash { get; init; } = "";

    // by whose leave

    public IReadOnlyList<string> Policies { get; init; } = [];

    public string PolicyHash { get; init; } = "";

    /// <summary>What policy demands, as <see cref="ApprovalDemand"/> writes it.</summary>
    public IReadOnlyList<string> Demands { get; init; } = [];

    // and, of all of this alone, what is shown and not bound

    /// <summary>How the workload had behaved of late when it asked; it changes with every call. Null when not known.</summary>
    public BehaviourSignals? Signals { get; init; }

    /// <summary>SHA-256 of <see cref="Write"/> but for what is not bound, hexadecimal.</summary>
    [JsonIgnore]
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes((this with { Signals = null }).Write())));

    /// <summary>The form in which stores keep it; the same text for the same content.</summary>
    public string Write() => JsonSerializer.Serialize(
        this with { Labels = new SortedDictionary<string, string>(Labels.ToDictionary(), StringComparer.Ordinal) },
        ApprovalJson.Default.ApprovalSubject);

    public static ApprovalSubject Read(string text) => JsonSerializer.Deserialize(text, ApprovalJson.Default.ApprovalSubject)!;

    /// <summary>Whether somebody stands behind the request, and so cannot approve it.</summary>
    public bool IsParty(Identity.Workload person) =>
        person.Id.Value == Workload
        || Chain.Contains(person.Id.Value)
        || IsKnownAs(person, Initiator)
        || IsKnownAs(person, InitiatorName);

    /// <summary>Rather one too many: whoever shares a name with an initiator can be replaced by another approver.</summary>
    private static bool IsKnownAs(Identity.Workload person, string name) =>
        name.Length > 0 && (name == person.Id.Value || name == person.TokenSubject || person.Attributes.Values.Contains(name));
}

[JsonSerializable(typeof(ApprovalSubject))]
[JsonSerializable(typeof(ApprovalVote))]
[JsonSerializable(typeof(Review))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class ApprovalJson : JsonSerializerContext;
