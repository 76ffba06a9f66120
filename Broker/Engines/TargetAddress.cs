using SecretsBroker.Catalog;

namespace SecretsBroker.Engines;

/// <summary>A setting that says where a target's HTTP API is: https, or plain http on loopback, without user, query and fragment.</summary>
internal static class TargetAddress
{
    /// <returns>With a slash at its end, because what is below it is found relative to it; null when it is not given or faulty.</returns>
    public static Uri? Read(SettingsReader reader, string name)
    {
        if (reader.Text(name) is not { } text)
        {
            return null;
        }

        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" &&
            url.Query.Length == 0 && url.Fragment.Length == 0 && url.UserInfo.Length == 0)
        {
            if (url.Scheme == "http" && !url.IsLoopback)
            {
                reader.Fault(name, "must be https for a host that is not loopback");
            }

            return new Uri($"{url.AbsoluteUri.TrimEnd('/')}/");
        }

        reader.Fault(name, "must be an http or https address without user, query and fragment");
        return null;
    }

    /// <inheritdoc cref="Read"/>
    public static Uri? ReadRequired(SettingsReader reader, string name)
    {
        if (!reader.Has(name))
        {
            reader.Fault(name, "is required");
        }

        return Read(reader, name);
    }
}
