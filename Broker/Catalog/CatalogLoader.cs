using SecretsBroker.Configuration;
using SecretsBroker.Engines;

namespace SecretsBroker.Catalog;

/// <summary>Reads the catalogue from its files. Asks nothing but the files and the engine types; no call leaves the process.</summary>
internal sealed class CatalogLoader
{
    public const int MaxTargets = 1_000;
    public const int MaxGrants = 10_000;

    private const string Extension = ".yaml";
    private const string Targets = "targets";
    private const string Grants = "grants";

    private readonly IReadOnlyDictionary<string, ICredentialEngineType> _types;
    private readonly CatalogFaults _faults = new();
    private readonly List<CatalogEntry> _entries = [];
    private readonly List<CatalogEntry> _targets = [];
    private readonly List<CatalogEntry> _grants = [];
    private bool _isComplete;

    private CatalogLoader(IReadOnlyDictionary<string, ICredentialEngineType> types) => _types = types;

    /// <summary>Checks a folder as it stands.</summary>
    public static async Task<CatalogLoad> LoadAsync(
        string folder, IEnumerable<ICredentialEngineType> types, CancellationToken cancellationToken) =>
        Load(await ReadAsync(folder, cancellationToken), types.ToDictionary(type => type.Name));

    public static Task<SourceFolder> ReadAsync(string folder, CancellationToken cancellationToken) =>
        SourceFolder.ReadAsync(folder, [Extension], misspelt: ".yml", cancellationToken);

    public static CatalogLoad Load(SourceFolder source, IReadOnlyDictionary<string, ICredentialEngineType> types) =>
        new CatalogLoader(types).Load(source);

    private CatalogLoad Load(SourceFolder source)
    {
        ReadFiles(source);
        CheckCount(_targets, Targets, MaxTargets);
        CheckCount(_grants, Grants, MaxGrants);
        if (_targets.Count > MaxTargets || _grants.Count > MaxGrants)
        {
            return new CatalogLoad(Snapshot: null, _faults.All);
        }

        CheckNames(_targets);
        CheckNames(_grants);
        var targets = new Dictionary<string, Target>();
        foreach (var entry in _targets.Where(entry => entry.IsObject))
        {
            targets.TryAdd(entry.Name, TargetReader.Read(entry, _types));
        }

        foreach (var kind in targets.Values.GroupBy(target => target.Engine).Where(kind => _types.ContainsKey(kind.Key)))
        {
            _types[kind.Key].ValidateTogether([.. kind], _faults);
        }

        var grants = new List<Grant>();
        var intents = new Dictionary<(string Action, string Resource, string Engine), CatalogEntry>();
        foreach (var entry in _grants.Where(entry => entry.IsObject))
        {
            var grant = GrantReader.Read(entry, targets, _isComplete, _types);
            grants.Add(grant);
            CheckIntent(grant, entry, intents);
        }

        _entries.ForEach(entry => entry.Report(_faults));
        return _faults.Any
            ? new CatalogLoad(Snapshot: null, _faults.All)
            : new CatalogLoad(new CatalogSnapshot([.. targets.Values], grants, source.Hash), []);
    }

    private void ReadFiles(SourceFolder source)
    {
        foreach (var (path, rule) in source.Faults)
        {
            _faults.Add(path, rule);
        }

        _isComplete = source.Faults.Count == 0;
        // A mount that is not there yet looks like this; it must not end what the grants before it allowed.
        if (source.Faults.Count + source.Files.Count == 0)
        {
            _faults.Add($"*{Extension}", "the catalogue's folder must hold at least one such file");
        }

        foreach (var file in source.Files)
        {
            var root = new YamlReader(file.Name, _faults).Read(file.Text, out var wellFormed);
            _isComplete &= wellFormed;
            ReadRoot(file.Name, root);
        }
    }

    private void ReadRoot(string file, YamlValue? root)
    {
        if (root is null or YamlValue.Scalar { IsNull: true })
        {
            return;
        }

        if (root is not YamlValue.Map map)
        {
            _faults.Add($"{file}:{root.Line}", $"must be an object with {Targets} and {Grants}");
            return;
        }

        foreach (var member in map.Members)
        {
            if (member.Name is not (Targets or Grants))
            {
                _faults.Add($"{file}:{member.Line} {member.Name}", $"is not known; a catalogue has {Targets} and {Grants}");
            }
            else if (member.Value is YamlValue.List list)
            {
                var entries = list.Items.Select((item, index) => new CatalogEntry(file, member.Name, index, item)).ToArray();
                _entries.AddRange(entries);
                (member.Name == Targets ? _targets : _grants).AddRange(entries);
            }
            else if (member.Value is not YamlValue.Scalar { IsNull: true })
            {
                _faults.Add($"{file}:{member.Line} {member.Name}", "must be a list");
            }
        }
    }

    private void CheckCount(List<CatalogEntry> entries, string kind, int maximum)
    {
        if (entries.Count > maximum)
        {
            _faults.Add(kind, $"must be at most {maximum}; they are {entries.Count}");
        }
    }

    private static void CheckNames(List<CatalogEntry> entries)
    {
        var seen = new Dictionary<string, CatalogEntry>();
        foreach (var entry in entries.Where(entry => entry.Name.Length > 0 && !seen.TryAdd(entry.Name, entry)))
        {
            entry.Reader.Fault("name", $"must not be used twice; it is also at {seen[entry.Name].Place}");
        }
    }

    private static void CheckIntent(
        Grant grant, CatalogEntry entry, Dictionary<(string Action, string Resource, string Engine), CatalogEntry> intents)
    {
        var intent = (grant.Action, grant.Resource, grant.Engine);
        if (grant.Action.Length > 0 && grant.Resource.Length > 0 && grant.Engine.Length > 0 && !intents.TryAdd(intent, entry))
        {
            entry.Reader.Fault(
                "action",
                $"must not have two grants on one resource with one engine; grant {intents[intent].Name} at {intents[intent].Place} has the same");
        }
    }
}
