namespace SecretsBroker.Configuration;

/// <summary>A file cannot be read. The message follows its name, and says nothing of what is in it.</summary>
internal sealed class UnreadableFileException(string message) : BrokerException(message)
{
    public override bool IsTransient => true;

    public override string Reason => "FILE_UNREADABLE";
}
