import Foundation
import ParleyAnalysis
import Testing

@Suite struct DistributionTests {
  private struct References: Decodable {
    struct Value: Decodable {
      var function: String
      var arguments: [Double]
      var value: Double
      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        function = try list.decode(String.self)
        arguments = try list.decode([Double].self)
        value = try list.decode(Double.self)
      }
    }
    var values: [Value]
  }

  private static func value(_ function: String, _ x: [Double]) -> Double? {
    switch function {
    case "normalTail": Distributions.normalTail(x[0])
    case "studentTail": Distributions.studentTail(x[0], degrees: x[1])
    case "chiSquareTail": Distributions.chiSquareTail(x[0], degrees: x[1])
    case "fTail": Distributions.fTail(x[0], x[1], x[2])
    case "normalQuantile": Distributions.normalQuantile(x[0])
    case "studentQuantile": Distributions.studentQuantile(x[0], degrees: x[1])
    case "chiSquareQuantile": Distributions.chiSquareQuantile(x[0], degrees: x[1])
    case "fQuantile": Distributions.fQuantile(x[0], x[1], x[2])
    case "betaQuantile": Distributions.betaQuantile(x[0], x[1], x[2])
    case "fisher": Distributions.fisher(x[0], x[1], x[2], x[3])
    case "signTest": Distributions.signTest(x[0], of: x[1])
    default: nil
    }
  }

  /// scipy's values, down to 10^-299.
  @Test func valuesAreThoseOfScipy() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("References/distributions.json")
    let references = try JSONDecoder().decode(References.self, from: try Data(contentsOf: file)).values
    #expect(references.count > 1500 && Set(references.map(\.function)).count == 11)
    for reference in references {
      let value = try #require(Self.value(reference.function, reference.arguments))
      let error = abs(value - reference.value)
      #expect(
        error <= 1e-10 * abs(reference.value),
        "\(reference.function) \(reference.arguments): \(value), not \(reference.value)")
    }
  }

  /// Exact values, where scipy is off.
  @Test func tailsNextToZeroAndOfManyDegreesAreExact() {
    // P(|T| ≥ t) of one degree is 1 − 2 atan(t)/π, of two 1 − t/√(2 + t²).
    for t in [1e-9, 1e-6, 0.3, 2, 1e4] {
      let one = 1 - 2 * atan(t) / Double.pi, two = 1 - t / (2 + t * t).squareRoot()
      #expect(abs(Distributions.studentTail(t, degrees: 1) - one) < 1e-15)
      #expect(abs(Distributions.studentTail(t, degrees: 2) - two) < 1e-15)
    }
    // Towards the normal distribution, with the next term of the expansion.
    for (t, degrees) in [(0.5, 1e7), (2, 1e8), (3.3, 1e9), (5, 1e11)] {
      let density = exp(-t * t / 2) / (2 * Double.pi).squareRoot()
      let limit = Distributions.normalTail(t) + density * t * (t * t + 1) / (2 * degrees)
      #expect(abs(Distributions.studentTail(t, degrees: degrees) / limit - 1) < 1e-11, "\(t) \(degrees)")
    }
    // With 30 digits: the hypergeometric series.
    #expect(abs(Distributions.fTail(0.5, 1e9, 10) / 0.970747310788040678 - 1) < 1e-14)
  }

  @Test func quantilesAreWhereTailsSaySo() {
    for degrees in [0.7, 1, 3, 44, 1e4, 1e8] {
      for p in [1e-10, 0.01, 0.4, 0.6, 0.99, 1 - 1e-9] {
        let x = Distributions.chiSquareQuantile(p, degrees: degrees)
        #expect(
          abs(Distributions.chiSquareTail(x, degrees: degrees) - (1 - p)) < 1e-11 * (1 - p) + 1e-15,
          "\(p) \(degrees)")
        let f = Distributions.fQuantile(p, degrees, 7)
        #expect(abs(Distributions.fTail(f, degrees, 7) - (1 - p)) < 1e-11 * (1 - p) + 1e-15, "\(p) \(degrees)")
      }
    }
  }

  /// Opened values are others' input: every argument gives a number or none, at once.
  @Test func argumentsMayBeAnything() {
    let odd: [Double] = [
      .nan, .infinity, -.infinity, -1, 0, -0.0, .leastNonzeroMagnitude, 0.5, 1, 3, 1e9, 1e15, 1e17, 1e300,
      .greatestFiniteMagnitude,
    ]
    let tails = ["normalTail", "studentTail", "chiSquareTail", "fTail", "fisher", "signTest"]
    let others = ["normalQuantile", "studentQuantile", "chiSquareQuantile", "fQuantile", "betaQuantile"]
    for function in tails + others {
      for a in odd {
        for b in odd {
          let value = Self.value(function, [a, b, b, a]) ?? -1
          #expect(
            !tails.contains(function) || value.isNaN || (0...1).contains(value), "\(function) \(a) \(b): \(value)")
        }
      }
    }
    #expect(Distributions.studentTail(.nan, degrees: 3).isNaN && Distributions.fisher(1.5, 1, 1, 1).isNaN)
    #expect(Distributions.fTail(3, 0, 5).isNaN && Distributions.signTest(3, of: 2).isNaN)
    #expect(Distributions.betaQuantile(1.5, 1, 1).isNaN && Distributions.normalQuantile(-0.1).isNaN)
    #expect(Distributions.normalTail(1e10) == 0 && Distributions.studentTail(.infinity, degrees: 3) == 0)
  }
}
