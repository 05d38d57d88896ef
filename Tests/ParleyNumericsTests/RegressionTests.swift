import BigInt
import ParleyNumerics
import ParleyProgram
import Testing

/// Linear regression of the diabetes study (B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, "Least angle regression", Annals of Statistics 32,
/// 2004: 442 patients, ten variables and the outcome a year later) from its sums of products, against statsmodels 0.15.0.
@Suite struct RegressionTests {
  static let rows: BigInt = 442
  /// Decimals of the columns; the outcome is the last.
  static let scales = [0, 0, 1, 2, 0, 1, 1, 2, 4, 0, 0]
  static let sums: [BigInt] = [
    21445, 649, 116581, 4183398, 83600, 510241, 220065, 179905, 20515036, 40337, 67243,
  ]
  static let products: [[BigInt]] = [
    [1116255],
    [31990, 1063],
    [5703562, 172037, 31609985],
    [205652592, 6216030, 1114060181, 40438265138],
    [4108144, 123021, 22218587, 796367331, 16340320],
    [25141398, 758757, 136127708, 4863699318, 100669153, 629808361],
    [10620920, 312325, 57119490, 2068746390, 41724855, 250633125, 116944625],
    [8880718, 273601, 48491803, 1723027308, 35095160, 219100719, 84136105, 80569613],
    [
      1003527893, 30295289, 5456413961, 195422462832, 3921319514, 23905434291, 10095356455, 8533811284,
      964221641496,
    ],
    [1977128, 59755, 10726265, 384515471, 7686501, 47012765, 19903695, 16691121, 1884512464, 3739447],
    [3346241, 99466, 18616765, 657194983, 12967826, 79424428, 31743220, 29258089, 3221526023, 6286103, 12850921],
  ]
  static let coefficients = [
    -0.0363612242, -22.8596480905, 5.6029620919, 1.1168079933, -1.0899963341, 0.7464504555, 0.3720047151,
    6.533831936,
    68.4831249648, 0.2801169893,
  ]
  static let errors = [
    0.2170414354, 5.835821285, 0.7171055006, 0.2252381692, 0.5733318586, 0.5308343898, 0.7824638456, 5.9586378372,
    15.6697192387, 0.2733139504,
  ]

  /// n² times the covariance of two columns.
  static func covariance(_ j: Int, _ k: Int) -> BigInt {
    rows * products[max(j, k)][min(j, k)] - sums[j] * sums[k]
  }

  @Test func diabetes() throws {
    let count = Self.scales.count - 1
    // Half the logarithm of the variance, down.
    let powers = (0...count).map { j in
      (-20...40).last {
        Rational.power(2 * $0) * Rational(Self.rows * Self.rows) <= Rational(Self.covariance(j, j))
      }!
    }
    func entry(_ j: Int, _ k: Int) -> Rational {
      Rational(Self.covariance(j, k), Self.rows * Self.rows) * .power(-powers[j] - powers[k])
    }
    let matrix = (0..<count).map { j in (0..<count).map { entry(j, $0) } }
    let right = (0..<count).map { entry($0, count) }
    let item = try InverseTests.make(matrix, right, magnitude: 8)
    try InverseTests.check(matrix, right, item, isProven: true, isNear: true)
    let read = item.read(try item.sample.evaluate())
    let explained = zip(read.value.value, right).reduce(Rational(0)) { $0 + $1.0 * $1.1 }
    let total = entry(count, count)
    #expect(abs((explained / total).double - 0.5177484222203499) < 1e-9)
    let freedom = Rational(Self.rows - BigInt(count) - 1)
    for j in 0..<count {
      let tens = Rational(BigInt(10).power(Self.scales[j]))
      let unit = Rational.power(powers[count] - powers[j]) * tens
      let estimate = read.value.value[j] * unit
      let variance = (total - explained) / freedom * read.inverse.value[j * count + j] * unit * unit
      let error = variance.double.squareRoot()
      #expect(abs(estimate.double / Self.coefficients[j] - 1) < 1e-7)
      #expect(abs(error / Self.errors[j] - 1) < 1e-7)
    }
    // 10^-6 standard errors.
    #expect(
      (read.distance.value[0] + read.distance.error) * Rational(BigInt(10).power(12)) * freedom < total - explained
    )
  }
}
