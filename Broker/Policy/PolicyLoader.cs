using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Policy.Schema;

namespace SecretsBroker.Policy;

/// <summary>What a folder's files make: policies, or every fault that keeps them from being some.</summary>
/// <param name="Snapshot">Null when there are faults.</param>
/// <param name="Faults">In the order of files.</param>
internal sealed record PolicyLoad(PolicySnapshot? Snapshot, IReadOnlyList<PolicyFault> Faults);

/// <summary>
/// Reads the policies from their files. A policy's id is its <c>@id</c>, else its file and place in it (<c>payments.cedar#0</c>).
/// </summary>
internal static class PolicyLoader
{
    private const string Extension = ".cedar";
    private const string SchemaExtension = ".cedarschema";

    /// <summary>Checks a folder as it stands.</summary>
    /// <param name="folder">Its path.</param>
    /// <param name="catalog">What the policies speak of; null when it is not known.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public static async Task<PolicyLoad> LoadAsync(string folder, CatalogSnapshot? catalog, CancellationToken cancellationToken) =>
        Load(await ReadAsync(folder, cancellationToken), catalog, cancellationToken);

    public static Task<SourceFolder> ReadAsync(string folder, CancellationToken cancellationToken) =>
        SourceFolder.ReadAsync(folder, [Extension, SchemaExtension], misspelt: null, cancellationToken);

    /// <param name="source">The files.</param>
    /// <param name="catalog">What the policies speak of; null when it is not known.</param>
    /// <param name="cancellationToken">Stops checking.</param>
    public static PolicyLoad Load(SourceFolder source, CatalogSnapshot? catalog, CancellationToken cancellationToken = default)
    {
        var faults = source.Faults.Select(fault => new PolicyFault(fault.Path, fault.Rule)).ToList();
        var (schemas, policies) = Split(source.Files);
        faults.AddRange(schemas
            .Where(file => file.Name != SchemaLoader.FileName)
            .Select(file => new PolicyFault(file.Name, $"is not read: the schema is {SchemaLoader.FileName}")));
        var schema = SchemaLoader.Load(schemas.FirstOrDefault(file => file.Name == SchemaLoader.FileName), catalog);
        faults.AddRange(schema.Faults);
        var parsed = PolicySet.Parse(policies.Select(file => new PolicySource(file.Name, file.Text)), PolicyIds.AnnotatedOrByFile);
        faults.AddRange(parsed.Errors.Select(PolicyFault.Of));
        var obligations = new Dictionary<string, Obligations>();
        if (parsed.Value is { } set)
        {
            // A forbid that was to be linked, and is not, would forbid nothing.
            faults.AddRange(set.Templates.Select(template => Fault(template, "must not be a template: nothing links it")));
            foreach (var policy in set.Policies)
            {
                CheckAudience(policy, faults);
                var rules = new List<string>();
                obligations[policy.Id] = ObligationReader.Read(policy, rules);
                faults.AddRange(rules.Select(rule => Fault(policy.Template, rule)));
            }
        }

        if (parsed.Value is null || schema.Schema is null)
        {
            return new PolicyLoad(Snapshot: null, faults);
        }

        var snapshot = new PolicySnapshot(parsed.Value, schema.Schema, obligations, source.Hash);
        faults.AddRange(PolicyCheck.FaultsOf(snapshot.Operators, snapshot.Schema, cancellationToken));
        if (catalog is not null)
        {
            faults.AddRange(PolicyCheck.FaultsOf(snapshot.Agents, snapshot.Schema, catalog, cancellationToken));
        }

        return new PolicyLoad(faults.Count > 0 ? null : snapshot, faults);
    }

    private static (SourceFile[] Schemas, SourceFile[] Policies) Split(IReadOnlyList<SourceFile> files) =>
        ([.. files.Where(IsSchema)], [.. files.Where(file => !IsSchema(file))]);

    private static bool IsSchema(SourceFile file) => file.Name.EndsWith(SchemaExtension, StringComparison.Ordinal);

    private static void CheckAudience(CedarPolicy policy, List<PolicyFault> faults)
    {
        var operators = policy.Action.Actions.Count(OperatorAction.IsOne);
        if (operators > 0 && operators < policy.Action.Actions.Count)
        {
            faults.Add(Fault(policy.Template, "must not name actions of agents beside those of operators: write two policies"));
        }
    }

    private static PolicyFault Fault(PolicyTemplate template, string rule) =>
        PolicyFault.At(template.Position, $"policy {template.Id} {rule}");
}
