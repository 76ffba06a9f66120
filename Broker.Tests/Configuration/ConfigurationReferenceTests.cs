using System.Collections;
using System.Globalization;
using SecretsBroker.Audit;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;

namespace SecretsBroker.Tests.Configuration;

/// <summary><c>docs/configuration.md</c> against the settings that exist.</summary>
internal sealed class ConfigurationReferenceTests
{
    private static readonly Dictionary<string, Dictionary<string, string>> Documented = Read();

    private static readonly IReadOnlyDictionary<string, Type> Existing = KnownSettings.Sections
        .Where(section => section.Value != typeof(IDictionary))
        .SelectMany(section => ChaptersOf(section.Key, section.Value))
        .ToDictionary(chapter => chapter.Name, chapter => chapter.Type);

    [Test]
    public void It_has_a_chapter_for_every_section_and_no_other() =>
        Assert.That(Documented.Keys, Is.EquivalentTo(Existing.Keys));

    [TestCaseSource(nameof(Existing))]
    public void It_names_every_setting_and_no_other(KeyValuePair<string, Type> chapter) =>
        Assert.That(Documented[chapter.Key].Keys, Is.EquivalentTo(SettingsOf(chapter.Value).Select(setting => setting.Name)));

    [TestCaseSource(nameof(Existing))]
    public void It_tells_every_default(KeyValuePair<string, Type> chapter)
    {
        var defaults = Activator.CreateInstance(chapter.Value);
        Assert.Multiple(() =>
        {
            foreach (var setting in SettingsOf(chapter.Value).Where(setting => setting.Name != nameof(AuditOptions.Broker)))
            {
                Assert.That(Documented[chapter.Key][setting.Name], Is.EqualTo(Text(setting.GetValue(defaults))), setting.Name);
            }
        });
    }

    private static Dictionary<string, Dictionary<string, string>> Read()
    {
        var chapters = new Dictionary<string, Dictionary<string, string>>();
        var chapter = "";
        foreach (var line in File.ReadLines(Path.Combine(Repository.Root, "docs", "configuration.md")))
        {
            var cells = line.Split('|', StringSplitOptions.TrimEntries);
            if (line.StartsWith("##", StringComparison.Ordinal))
            {
                chapter = line.TrimStart('#', ' ');
            }
            else if (cells is ["", ['`', .., '`'], _, _, _, ""])
            {
                if (!chapters.TryGetValue(chapter, out var settings))
                {
                    chapters[chapter] = settings = [];
                }

                settings.Add(cells[1].Trim('`'), cells[2].Trim('`'));
            }
        }

        return chapters;
    }

    private static IEnumerable<(string Name, Type Type)> ChaptersOf(string name, Type type)
    {
        yield return (name, type);
        foreach (var setting in SettingsOf(type))
        {
            var element = ElementOf(setting.PropertyType);
            var inside = IsSection(setting.PropertyType) ? ChaptersOf($"{name}:{setting.Name}", setting.PropertyType)
                : element is not null && element != typeof(string) ? ChaptersOf($"{name}:{setting.Name}:N", element)
                : [];
            foreach (var inner in inside)
            {
                yield return inner;
            }
        }
    }

    private static IEnumerable<System.Reflection.PropertyInfo> SettingsOf(Type type) => type.GetProperties();

    private static bool IsSection(Type type) => type.Name.EndsWith("Options", StringComparison.Ordinal);

    private static Type? ElementOf(Type type) =>
        type != typeof(string) && type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type) ? type.GetGenericArguments()[0] : null;

    private static string Text(object? value) => value switch
    {
        null or ICollection { Count: 0 } or SecretReference => "",
        _ when IsSection(value.GetType()) => "",
        bool flag => flag ? "true" : "false",
        TimeSpan span => SettingsDuration.Format(span),
        string text => text,
        IFormattable number => number.ToString(format: null, CultureInfo.InvariantCulture),
        _ => IsEmpty(value) ? "" : throw new InvalidOperationException($"{value.GetType()} has no form in the reference"),
    };

    private static bool IsEmpty(object value) => value is IEnumerable many && !many.Cast<object>().Any();
}
