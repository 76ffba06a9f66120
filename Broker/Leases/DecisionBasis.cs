using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SecretsBroker.Identity;

namespace SecretsBroker.Leases;

/// <summary>
/// What a lease was allowed on, as far as its record does not say it already: what was known of the asker, and which policies answered.
/// Kept so that policy can be asked again while the asker is away. Never a secret: of a token only what policy was shown.
/// </summary>
internal sealed record DecisionBasis
{
    /// <summary>
    /// Bytes of its stored form. Hundreds of groups fit; a larger basis is not kept, and its lease cannot be asked about again.
    /// </summary>
    public const int MaxBytes = 16 * 1024;

    public required AuthenticationMethod Method { get; init; }

    public Possession Possession { get; init; }

    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    /// <summary>When the proof of identity ended.</summary>
    public required DateTimeOffset ProofExpireTime { get; init; }

    public string SourceAddress { get; init; } = "";

    /// <summary>Hash of the policies that allowed it.</summary>
    public required string PolicyHash { get; init; }

    public Workload ToWorkload(WorkloadId id) => new(id, Method, Groups, Attributes, ProofExpireTime) { Possession = Possession };

    /// <summary>The form in which stores keep it; empty when it is too large to be kept.</summary>
    public string Write()
    {
        var text = JsonSerializer.Serialize(
            new BasisRecord(
                (int)Method, Groups, Attributes, ProofExpireTime.ToUnixTimeMilliseconds(), SourceAddress, PolicyHash, (int)Possession),
            BasisJson.Default.BasisRecord);
        return Encoding.UTF8.GetByteCount(text) <= MaxBytes ? text : "";
    }

    /// <summary>Null where none was kept, and for a way to authenticate that only a later broker knows.</summary>
    public static DecisionBasis? Read(string? text)
    {
        if (string.IsNullOrEmpty(text)
            || JsonSerializer.Deserialize(text, BasisJson.Default.BasisRecord) is not { } record
            || !Enum.IsDefined((AuthenticationMethod)record.Method)
            || !Enum.IsDefined((Possession)record.Possession))
        {
            return null;
        }

        return new DecisionBasis
        {
            Method = (AuthenticationMethod)record.Method,
            Possession = (Possession)record.Possession,
            Groups = record.Groups,
            Attributes = record.Attributes,
            ProofExpireTime = DateTimeOffset.FromUnixTimeMilliseconds(record.ProofEnd),
            SourceAddress = record.Address,
            PolicyHash = record.Policies,
        };
    }
}

/// <summary>Names are stored; they are never renamed. What came later is left out by earlier brokers, and has a default.</summary>
internal sealed record BasisRecord(
    int Method,
    IReadOnlyList<string> Groups,
    IReadOnlyDictionary<string, string> Attributes,
    long ProofEnd,
    string Address,
    string Policies,
    int Possession = 0);

[JsonSerializable(typeof(BasisRecord))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class BasisJson : JsonSerializerContext;
