using SecretsBroker.Catalog;

namespace SecretsBroker.Engines;

/// <summary>The setting <c>base_url</c>: where the broker's publications are reached from outside.</summary>
internal static class PublicationAddress
{
    /// <returns>Null when it is not given or faulty.</returns>
    public static Uri? Read(SettingsReader reader)
    {
        const string Name = "base_url";
        if (reader.Text(Name) is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" &&
            uri.Query.Length == 0 && uri.Fragment.Length == 0 && uri.UserInfo.Length == 0)
        {
            return uri;
        }

        reader.Fault(Name, "must be an http or https address without user, query and fragment");
        return null;
    }

    /// <param name="baseUrl">The setting.</param>
    /// <param name="path">Without a slash before it.</param>
    public static string Of(Uri baseUrl, string path) => $"{baseUrl.AbsoluteUri.TrimEnd('/')}/{path}";
}
