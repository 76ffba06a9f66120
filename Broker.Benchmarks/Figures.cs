using System.Globalization;

namespace SecretsBroker.Benchmarks;

/// <summary>The last line of every benchmark, for scripts: <c>figures: name=value name=value</c>.</summary>
internal sealed class Figures
{
    private readonly List<string> _figures = [];

    public void Add(string name, double value) => _figures.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={value:0.####}"));

    public void Write() => Console.WriteLine($"figures: {string.Join(' ', _figures)}");
}
