namespace SecretsBroker.Samples.Quickstart;

/// <summary>Something did not behave as told.</summary>
internal sealed class StoryException(string message) : Exception(message);
