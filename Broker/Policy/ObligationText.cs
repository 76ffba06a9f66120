using SecretsBroker.Catalog;

namespace SecretsBroker.Policy;

/// <summary>Obligations as people write them in policies: by the annotation's name.</summary>
internal static class ObligationText
{
    public static IReadOnlyDictionary<string, string> Of(Obligations obligations)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (obligations.MaxTimeToLive is { } limit)
        {
            texts["max_ttl"] = SettingsDuration.Format(limit);
        }

        return texts;
    }
}
