using SecretsBroker.Configuration;

namespace SecretsBroker.Approvals.Notices;

internal sealed class WebhookOptionsValidator : IValidateOptions<WebhookOptions>
{
    public ValidateOptionsResult Validate(string? name, WebhookOptions options) =>
        new OptionFaults(WebhookOptions.Section)
            .Check(
                options.Url.Length == 0 || IsUsable(options.Url),
                nameof(options.Url),
                "must be https://…, or http://… on loopback, without user and fragment",
                options.Url)
            .Check(options.Key?.IsValid ?? true, nameof(options.Key), "must have exactly one of File and Env", "(not shown)")
            .Check(
                options.Url.Length == 0 || options.Key is not null,
                nameof(options.Key),
                "must be set: whoever is told has to know that it was the broker",
                "")
            .Range(nameof(options.Timeout), options.Timeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1))
            .Range(nameof(options.MaxAttempts), options.MaxAttempts, 1, 20)
            .Range(nameof(options.RetryDelay), options.RetryDelay, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1))
            .Range(nameof(options.QueueLength), options.QueueLength, 1, 100_000)
            .Result;

    private static bool IsUsable(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url is { UserInfo: "", Fragment: "" }
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));
}
