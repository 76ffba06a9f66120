namespace SecretsBroker.Engines.Commands;

/// <summary>A configured command did not do what it is for.</summary>
internal sealed class CommandException(string message, CommandFailure failure) : EngineException(message, failure != CommandFailure.TooMuch)
{
    public CommandFailure Failure { get; } = failure;
}

internal enum CommandFailure
{
    /// <summary>It could not be started, ended with another exit code than 0, or broke off.</summary>
    Failed,

    /// <summary>It wrote more than it may.</summary>
    TooMuch,

    /// <summary>It took longer than it may, and was killed.</summary>
    TimedOut,

    /// <summary>It was killed, and some of it is still there: it may do yet what it was about.</summary>
    Survived,
}
