using System.Text.Json;
using SecretsBroker.Engines.Commands;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Engines.Static;

/// <summary>
/// The user's command that sets a secret's new value at the target. It reads one JSON object from its standard input: <c>target</c>, <c>secret</c>,
/// <c>version</c>, <c>lease_id</c>, <c>current</c> and <c>proposed</c>, the last two as objects of texts; <c>lease_id</c> is empty when an operator
/// asked, and <c>current</c> null when there is none. It ends with exit code 0 once the target takes the proposed value, and writes nothing, or
/// <c>{"value": {…}}</c> when the target has made one of its own. After a crash it is run again with the same version and proposed value.
/// </summary>
internal sealed partial class RotationHook(
    string target, RotationSettings settings, TimeSpan limit, CommandLeftovers leftovers, BrokerMetrics metrics, TimeProvider time, ILogger logger)
{
    private const int MaxOutput = 2 * SecretFields.MaxBytes;

    /// <returns>The value that the target has made in the proposed one's place; null when it has taken that.</returns>
    /// <exception cref="EngineException">
    /// It failed: which value the target has now, nobody knows. <see cref="CommandFailure.Survived"/>: it may yet set the proposed one.
    /// </exception>
    public async Task<SecretFields?> RunAsync(
        string secret, int version, string lease, SecretFields? current, SecretFields proposed, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var outcome = RotationOutcome.Failed;
        try
        {
            var own = await AskAsync(secret, version, lease, current, proposed, cancellationToken);
            outcome = RotationOutcome.Succeeded;
            return own;
        }
        catch (CommandException e) when (e.Failure is CommandFailure.TimedOut or CommandFailure.Survived)
        {
            outcome = e.Failure == CommandFailure.TimedOut ? RotationOutcome.TimedOut : RotationOutcome.Survived;
            throw;
        }
        catch (OperationCanceledException)
        {
            outcome = RotationOutcome.Stopped;
            throw;
        }
        finally
        {
            metrics.RotationRan(target, outcome, time.GetElapsedTime(started));
        }
    }

    private async Task<SecretFields?> AskAsync(
        string secret, int version, string lease, SecretFields? current, SecretFields proposed, CancellationToken cancellationToken)
    {
        using var input = new WipedBuffer();
        Write(input, secret, version, lease, current, proposed);
        using var told = new Secret(input.Written.ToArray());
        var what = $"target {target}: the rotation of secret {secret} to version {version}";
        using var output = await ConfiguredCommand.RunAsync(
            what, settings.Command, told.Memory, MaxOutput, limit, time, cancellationToken, left => Note(secret, left));
        return TryReadAnswer(output.Bytes, out var own)
            ? own
            : throw new EngineException($"{what} was answered with something that is not the JSON that a rotation answers with", isTransient: true);
    }

    private void Note(string secret, CommandLeftover left)
    {
        leftovers.Add(target, secret, left);
        // Of one that failed whoever rotates tells.
        if (left.HasSucceeded)
        {
            LogLeft(logger, target, secret);
        }
    }

    private void Write(WipedBuffer buffer, string secret, int version, string lease, SecretFields? current, SecretFields proposed)
    {
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteString("target"u8, target);
        json.WriteString("secret"u8, secret);
        json.WriteNumber("version"u8, version);
        json.WriteString("lease_id"u8, lease);
        json.WritePropertyName("current"u8);
        if (current is null)
        {
            json.WriteNullValue();
        }
        else
        {
            current.Write(json);
        }

        json.WritePropertyName("proposed"u8);
        proposed.Write(json);
        json.WriteEndObject();
    }

    private static bool TryReadAnswer(ReadOnlySpan<byte> answer, out SecretFields? own)
    {
        own = null;
        if (answer.IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return true;
        }

        try
        {
            var reader = new Utf8JsonReader(answer);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            if (reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("value"u8))
            {
                reader.Read();
                own = SecretFields.TryRead(ref reader);
                reader.Read();
                if (own is null)
                {
                    return false;
                }
            }

            if (own is null or { IsSmallEnough: true } && reader.TokenType == JsonTokenType.EndObject && !reader.Read())
            {
                return true;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // What the parser says about it may quote it.
        }

        own?.Dispose();
        own = null;
        return false;
    }

    [LoggerMessage(
        LogLevel.Error, "The command that rotates secret {Secret} of target {Target} has succeeded, and some of what it started cannot be ended: end it by hand, before that this broker does not run it again")]
    private static partial void LogLeft(ILogger logger, string target, string secret);
}
