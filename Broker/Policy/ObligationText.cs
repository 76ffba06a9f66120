using SecretsBroker.Catalog;

namespace SecretsBroker.Policy;

/// <summary>Obligations as people write them in policies: by the annotation's name. Several of a kind stand behind one another.</summary>
internal static class ObligationText
{
    public static IReadOnlyDictionary<string, string> Of(Obligations obligations)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (obligations.MaxTimeToLive is { } limit)
        {
            texts["max_ttl"] = SettingsDuration.Format(limit);
        }

        if (obligations.Approvals.Count > 0)
        {
            texts["approval"] = string.Join(", ", obligations.Approvals);
        }

        if (obligations.Sealed)
        {
            texts["sealed"] = "required";
        }

        if (obligations.Advice.Count > 0)
        {
            texts["advice"] = string.Join(", ", obligations.Advice);
        }

        return texts;
    }
}
