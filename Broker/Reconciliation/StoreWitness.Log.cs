namespace SecretsBroker.Reconciliation;

/// <content>What it says of what it sees.</content>
internal sealed partial class StoreWitness
{
    private void TellSetBack(LogPositions read)
    {
        if (_told is null)
        {
            return;
        }

        var (known, mark) = (read.ByBroker.GetValueOrDefault(Broker), read.ByBroker.GetValueOrDefault(Mark));
        if (known < _told.Position)
        {
            LogSetBack(known, _told.Position);
        }
        else if (mark < _told.Mark)
        {
            LogSetBack(mark, _told.Mark);
        }
        else if (!read.Servers.SequenceEqual(_told.Servers))
        {
            LogOtherServer(known);
        }
    }

    [LoggerMessage(LogLevel.Critical, "The store was set back: it follows the audit log up to record {Known} and was told of {Told}")]
    private partial void LogSetBack(long known, long told);

    [LoggerMessage(
        LogLevel.Warning, "Another server of the store answers, or one that was started again: it is held against the audit log from record {Known} on")]
    private partial void LogOtherServer(long known);

    [LoggerMessage(LogLevel.Critical, "The store had forgotten what the audit log says: {Report}")]
    private partial void LogCaughtUp(string report);

    [LoggerMessage(LogLevel.Error, "The store could not be held against the audit log; the next pass tries again: {Failure}")]
    private partial void LogFailed(string failure);
}
