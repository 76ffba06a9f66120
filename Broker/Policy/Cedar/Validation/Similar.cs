namespace SecretsBroker.Policy.Cedar.Validation;

/// <summary>Finds the name that was probably meant.</summary>
public static class Similar
{
    private const int LongestCompared = 100;

    /// <summary>A hint to append to a message; empty when nothing is near.</summary>
    public static string To(string name, IEnumerable<string> names)
    {
        if (name.Length > LongestCompared)
            return "";
        var (best, least) = ("", (name.Length / 3) + 1);
        foreach (var candidate in names)
        {
            if (candidate.Length <= LongestCompared && Distance(name, candidate) is var distance && distance < least)
                (best, least) = (candidate, distance);
        }

        return best.Length == 0 ? "" : $"; did you mean `{best}`?";
    }

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + cost));
            }
        }

        return row[^1];
    }
}
