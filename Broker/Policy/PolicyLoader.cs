using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy;

/// <summary>What a folder's files make: policies, or every fault that keeps them from being some.</summary>
/// <param name="Snapshot">Null when there are faults.</param>
/// <param name="Faults">In the order of files.</param>
internal sealed record PolicyLoad(PolicySnapshot? Snapshot, IReadOnlyList<PolicyFault> Faults);

/// <summary>
/// Reads the policies from their files. A policy's id is its <c>@id</c>, else its file and place in it (<c>payments.cedar#0</c>). Its
/// <c>@max_ttl("5m")</c> shortens what it permits.
/// </summary>
internal static class PolicyLoader
{
    private const string Extension = ".cedar";
    private const string MaxTimeToLive = "max_ttl";

    // Demands that policies may be written with and that nothing here fulfils: passing them over would permit what was not meant.
    private static readonly string[] Unfulfilled = ["approval", "sealed"];

    /// <summary>Checks a folder as it stands.</summary>
    public static async Task<PolicyLoad> LoadAsync(string folder, CancellationToken cancellationToken) =>
        Load(await ReadAsync(folder, cancellationToken));

    public static Task<SourceFolder> ReadAsync(string folder, CancellationToken cancellationToken) =>
        SourceFolder.ReadAsync(folder, Extension, misspelt: null, cancellationToken);

    public static PolicyLoad Load(SourceFolder source)
    {
        var faults = source.Faults.Select(fault => new PolicyFault(fault.Path, fault.Rule)).ToList();
        var parsed = PolicySet.Parse(
            source.Files.Select(file => new PolicySource(file.Name, file.Text)), PolicyIds.AnnotatedOrByFile);
        faults.AddRange(parsed.Errors.Select(PolicyFault.Of));
        var maxTimesToLive = new Dictionary<string, TimeSpan>();
        if (parsed.Value is { } set)
        {
            // A forbid that was to be linked, and is not, would forbid nothing.
            faults.AddRange(set.Templates.Select(template => Fault(template, "must not be a template: nothing links it")));
            foreach (var policy in set.Policies)
            {
                ReadAnnotations(policy, maxTimesToLive, faults);
            }
        }

        return faults.Count > 0
            ? new PolicyLoad(Snapshot: null, faults)
            : new PolicyLoad(new PolicySnapshot(parsed.Value!, maxTimesToLive, source.Hash), []);
    }

    private static void ReadAnnotations(CedarPolicy policy, Dictionary<string, TimeSpan> maxTimesToLive, List<PolicyFault> faults)
    {
        foreach (var (name, value) in policy.Annotations)
        {
            if (Unfulfilled.Contains(name))
            {
                faults.Add(Fault(policy.Template, $"must not demand @{name}: this broker cannot fulfil it"));
            }
            else if (name == MaxTimeToLive && policy.Effect == PolicyEffect.Forbid)
            {
                faults.Add(Fault(policy.Template, $"must not have @{MaxTimeToLive}: a forbid allows nothing that could be shortened"));
            }
            else if (name == MaxTimeToLive && SettingsDuration.TryParse(value, out var demand) && demand >= TimeSpan.FromSeconds(1))
            {
                maxTimesToLive[policy.Id] = demand;
            }
            else if (name == MaxTimeToLive)
            {
                faults.Add(Fault(policy.Template, $"@{MaxTimeToLive} must be a duration such as 30s or 5m, 1s at least; it is \"{value}\""));
            }
        }
    }

    private static PolicyFault Fault(PolicyTemplate template, string rule)
    {
        var position = template.Position;
        return new PolicyFault($"{position.File}:{position.Line}:{position.Column}", $"policy {template.Id} {rule}");
    }
}
