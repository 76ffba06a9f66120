using System.Globalization;

namespace SecretsBroker.Benchmarks;

/// <summary>The last line of every benchmark, for scripts: <c>figures: name=value name=value</c>.</summary>
internal sealed class Figures
{
    private readonly List<string> _figures = [];
    private readonly List<string> _verdicts = [];

    public void Add(string name, double value) => _figures.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={value:0.####}"));

    /// <summary>A figure with a goal; whether it is kept is said before the last line.</summary>
    public void AtLeast(string name, double value, double goal) => Judge(name, value, value >= goal, $"at least {goal.ToString(CultureInfo.InvariantCulture)}");

    /// <inheritdoc cref="AtLeast"/>
    public void AtMost(string name, double value, double goal) => Judge(name, value, value <= goal, $"at most {goal.ToString(CultureInfo.InvariantCulture)}");

    public void Write()
    {
        _verdicts.ForEach(Console.WriteLine);
        Console.WriteLine($"figures: {string.Join(' ', _figures)}");
    }

    private void Judge(string name, double value, bool isKept, string goal)
    {
        Add(name, value);
        _verdicts.Add(string.Create(CultureInfo.InvariantCulture, $"goal: {name} {goal}: {value:0.##}, {(isKept ? "kept" : "missed")}"));
    }
}
