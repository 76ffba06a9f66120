namespace SecretsBroker.Engines.External;

/// <summary>What an issued secret is held to.</summary>
/// <param name="LeaseEnd">It must not end later.</param>
/// <param name="Now">It must not have ended.</param>
/// <param name="EndsByTime">Whether nothing else ends it, so that it must say when.</param>
/// <param name="IsRenewable">Whether it may come to have another end.</param>
internal readonly record struct IssueTerms(DateTimeOffset LeaseEnd, DateTimeOffset Now, bool EndsByTime, bool IsRenewable);
