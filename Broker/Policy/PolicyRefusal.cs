namespace SecretsBroker.Policy;

/// <summary>A change of the policies that was not put in force.</summary>
/// <param name="Time">When it was looked at.</param>
/// <param name="Hash">Of what was refused.</param>
/// <param name="Faults">Why.</param>
internal sealed record PolicyRefusal(DateTimeOffset Time, string Hash, IReadOnlyList<PolicyFault> Faults);
