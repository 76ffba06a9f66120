using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// Reads what a grant allows where it is said by names and privileges, none of which is ever read as SQL. <c>tables</c> and <c>sequences</c>:
/// privileges by name; <c>columns</c>: by name and privilege those that it is confined to; <c>functions</c>: those that may be called.
/// </summary>
internal sealed class PrivilegesReader(SettingsReader reader, bool allowDangerous)
{
    // Whoever may make a trigger runs code as those who write to the table.
    private const string Trigger = "TRIGGER";

    private static readonly string[] _settings = ["tables", "columns", "sequences", "functions"];
    private static readonly string[] _ofTables = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", Trigger];
    private static readonly string[] _ofColumns = ["SELECT", "INSERT", "UPDATE", "REFERENCES"];
    private static readonly string[] _ofSequences = ["USAGE", "SELECT", "UPDATE"];

    private readonly SortedSet<string> _schemas = new(StringComparer.Ordinal);

    /// <summary>Whether any of the settings is there.</summary>
    public bool HasAny => _settings.Any(reader.Has);

    /// <returns>The use of the schemas first, without which nothing in them can be reached.</returns>
    public IReadOnlyList<ObjectPrivilege> Read()
    {
        ObjectPrivilege[] privileges =
        [
            .. ReadObjects("tables", "TABLE", _ofTables),
            .. ReadColumns(),
            .. ReadObjects("sequences", "SEQUENCE", _ofSequences),
            .. ReadFunctions(),
        ];
        return
        [
            .. _schemas.Select(schema => new ObjectPrivilege($"schema {schema}", "SCHEMA", PostgresQuoting.Identifier(schema), ["USAGE"], [])
            {
                PlainName = schema,
            }),
            .. privileges,
        ];
    }

    private IEnumerable<ObjectPrivilege> ReadObjects(string setting, string kind, string[] allowed)
    {
        foreach (var (section, key, name) in ReadNames(setting))
        {
            var words = section.Texts(key);
            if (words.Count == 0 || words.Except(allowed).Any() || words.Distinct().Count() < words.Count)
            {
                section.Fault(key, $"must name some of {string.Join(", ", allowed)}, each once");
            }
            else if (words.Contains(Trigger) && !allowDangerous)
            {
                section.Fault(key, $"must not name {Trigger} unless allow_dangerous is true");
            }

            yield return new ObjectPrivilege($"{setting}/{key}", kind, name.Quoted, words, []);
        }
    }

    private IEnumerable<ObjectPrivilege> ReadColumns()
    {
        foreach (var (section, key, name) in ReadNames("columns"))
        {
            var words = section.Section(key);
            if (!_ofColumns.Any(words.Has))
            {
                section.Fault(key, $"must name some of {string.Join(", ", _ofColumns)}");
            }

            foreach (var word in _ofColumns.Where(words.Has))
            {
                var columns = words.Texts(word);
                if (columns.Count == 0 || !columns.All(PostgresQuoting.IsIdentifier))
                {
                    words.Fault(word, "must name columns, each of at most 63 bytes and without a NUL");
                    continue;
                }

                yield return new ObjectPrivilege($"columns/{key}", "TABLE", name.Quoted, [word], columns);
            }

            words.RefuseOthers();
        }
    }

    private IEnumerable<ObjectPrivilege> ReadFunctions()
    {
        foreach (var (index, text) in reader.Texts("functions").Index())
        {
            var setting = $"functions/{index}";
            if (!FunctionSignature.TryParse(text, out var signature))
            {
                reader.Fault(setting, FunctionSignature.Rule);
            }
            else if (MayUse(signature.Function, setting))
            {
                yield return new ObjectPrivilege(setting, "FUNCTION", signature.Quoted, ["EXECUTE"], []);
            }
        }
    }

    private List<(SettingsReader Section, string Key, QualifiedName Name)> ReadNames(string setting)
    {
        var section = reader.Section(setting);
        var names = new List<(SettingsReader, string, QualifiedName)>();
        foreach (var key in section.Names)
        {
            var isName = QualifiedName.TryParse(key, out var name);
            if (!isName)
            {
                reader.Fault($"{setting}/{key}", QualifiedName.Rule);
            }
            else if (MayUse(name!, $"{setting}/{key}"))
            {
                names.Add((section, key, name!));
            }
        }

        section.RequireObject();
        return names;
    }

    private bool MayUse(QualifiedName name, string setting)
    {
        if (name.IsSystem && !allowDangerous)
        {
            reader.Fault(setting, "must not be the server's own unless allow_dangerous is true");
            return false;
        }

        _schemas.Add(name.Schema);
        return true;
    }
}
