import BigInt
import ParleyBase
import ParleyNumerics
import ParleyProgram

/// Gradient and second derivative of the negative logarithm of the partial likelihood.
extension PartialLikelihood {
  /// What an evaluation leaves for the end.
  struct Evaluation {
    let derivatives: Derivatives
    /// η of every row.
    let predictor: Fixed
    /// Σ e^η over the rows at risk at an event, as it is divided by.
    let atRisk: Fixed
    /// A bit, 1 where a number was outside of what the bounds are for.
    let isOutside: NodeID
  }

  /// Sums over rows at risk, for every row those of its time.
  private struct Sums {
    /// Σ e^η less the share of the events of the time.
    let atRisk: NodeID
    /// Σ e^η z likewise.
    let moments: [NodeID]
  }

  /// - Parameter isLast: whether what is outside of bounds is looked for.
  func evaluate(
    at b: Fixed, isLast: Bool, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Evaluation {
    let predictor = try builder.linearPredictor(columns, b, to: PartialLikelihoodSizes.predictorBits)
    let (risk, relative, isFar) = try exponential(predictor, &builder)
    let sums = try sums(risk, &builder)
    let floor = sizes.floor
    let isLow = try builder.compare(.less, sums.atRisk, builder.constant(floor))
    // As long as it can ever be, whatever is known of this evaluation; of rows without an event nothing is used.
    let divisor = try builder.select(
      isEvent, try builder.atLeast(sums.atRisk, floor), builder.constant(sizes.ceiling),
      within: Interval(floor, sizes.ceiling))
    let (number, leading) = try builder.reciprocal(builder.fixed(divisor, fractionBits: sizes.riskBits))
    // 0 in rows without an event, from here on.
    let power = try builder.select(
      isEvent, leading.power, builder.constant(0), within: Interval(0, BigInt(1) << sizes.powerBits))
    let mantissa = builder.fixed(number.mantissa.node, fractionBits: number.mantissa.fractionBits)
    let places = leading.width - sizes.riskBits
    let weight = try weights(risk, mantissa, power, places, &builder)
    let means = try means(sums.moments, mantissa, power, places, &builder)

    let errors = sizes.curvatureError(exponential: relative, predictor: predictor.error)
    let (first, firstOutside) = try weighted(weight, errors.weighted, &builder)
    var short: [NodeID] = []
    for mean in means { short.append(try builder.rounded(mean, to: ProgramBuilder.scaledBits).node) }
    let second = try products(means, short, error: errors.means, &builder)
    let gradient = try gradient(
      weight, sizes.gradientError(exponential: relative, predictor: predictor.error), &builder)
    var isOutside = builder.constant(false)
    if isLast {
      let bits = [
        try builder.any(try builder.and(isUsed, isFar)), try builder.any(try builder.and(isEvent, isLow)),
        try builder.any(firstOutside), try builder.any(second.isOutside), try isLarge(risk, &builder),
      ]
      for bit in bits { isOutside = try builder.or(isOutside, bit) }
    }
    return Evaluation(
      derivatives: Derivatives(gradient: gradient, hessian: try builder.subtract(first, second.value)),
      predictor: predictor,
      atRisk: builder.fixed(divisor, fractionBits: sizes.riskBits), isOutside: isOutside)
  }

  /// e^η within the window, and bits of the rows that are outside of it.
  private func exponential(
    _ predictor: Fixed, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (value: Fixed, relativeError: Dyadic, isFar: NodeID) {
    let (least, most) = PartialLikelihoodSizes.window
    let unit = BigInt(1) << predictor.fractionBits
    let low = BigInt(least) * unit, high = BigInt(most) * unit
    let isBelow = try builder.compare(.less, predictor.node, builder.constant(low))
    let isAbove = try builder.compare(.less, builder.constant(high), predictor.node)
    let inside = builder.fixed(
      try builder.clamped(predictor.node, within: Interval(low, high)), fractionBits: predictor.fractionBits)
    let (value, relative) = try builder.exponential(inside)
    let short = try builder.rounded(
      builder.fixed(value.node, fractionBits: value.fractionBits), to: sizes.riskBits)
    // Within the window by its argument; the choice of what is below says so.
    let ends = Interval(
      (PartialLikelihoodSizes.least * .power(sizes.riskBits)).floor - 1,
      (PartialLikelihoodSizes.greatest * .power(sizes.riskBits)).ceiling + 1)
    let bottom = (Series.rational(Series.exp(Rational(BigInt(least)))) * .power(sizes.riskBits)).rounded
    let node = try builder.select(isBelow, builder.constant(bottom), short.node, within: ends)
    return (
      builder.fixed(node, fractionBits: sizes.riskBits), relative, try builder.or(isBelow, isAbove)
    )
  }

  private func sums(
    _ risk: Fixed, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Sums {
    var moments: [NodeID] = []
    for column in columns { moments.append(try builder.multiply(risk, column, to: sizes.momentBits).node) }
    let each = [risk.node] + moments
    let totals = try totals(each, &builder)
    guard let share else {
      let found = try atLast(totals, &builder)
      return Sums(atRisk: found[0], moments: Array(found.dropFirst()))
    }
    var items: [Program.ScanItem] = []
    for column in each { items.append(.init(.sum, try builder.multiply(event, column))) }
    let found = try atLast(totals + (try builder.scan(items, restart: isFirst)), &builder)
    var rest: [NodeID] = []
    for index in each.indices {
      let bits = index == 0 ? sizes.riskBits : sizes.momentBits
      let part = try builder.multiply(
        share, builder.fixed(found[each.count + index], fractionBits: bits), to: bits)
      rest.append(try builder.subtract(found[index], part.node))
    }
    return Sums(atRisk: rest[0], moments: Array(rest.dropFirst()))
  }

  /// ω of every row: e^η times the sum of the reciprocals of all times up to its own, less, of an event, its part of its own time.
  private func weights(
    _ risk: Fixed, _ mantissa: Fixed, _ power: NodeID, _ places: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Fixed {
    let exact = builder.fixed(
      try builder.multiply(mantissa.node, power), fractionBits: mantissa.fractionBits + places)
    let rounded = try builder.rounded(exact, to: sizes.hazardBits)
    // At most e^6, because what is divided by is at least e^-6.
    let most = ((PartialLikelihoodSizes.greatest + 1) * .power(sizes.hazardBits)).ceiling
    let hazard = try builder.select(
      isEvent, rounded.node, builder.constant(0), within: Interval(0, most))
    // All of them together, whatever the rows are: docs/proofs/cox.md.
    let all = Interval(0, (sizes.mostHazard * .power(sizes.hazardBits)).ceiling + 2 * BigInt(sizes.rows))
    let fromHere = try builder.known(try rest(hazard, &builder), within: all, by: .subsetSum)
    var cumulative = try builder.scan([.init(.first, fromHere)], restart: isFirst)[0]
    if let share {
      let part = try builder.multiply(
        share, builder.fixed(hazard, fractionBits: sizes.hazardBits), to: sizes.hazardBits)
      let sum = try builder.scan([.init(.sum, part.node)], restart: isFirst)[0]
      let own = try atLast([try builder.known(sum, within: all, by: .subsetSum)], &builder)[0]
      cumulative = try builder.subtract(cumulative, try builder.multiply(event, own))
    }
    let weight = try builder.multiply(
      risk, builder.fixed(cumulative, fractionBits: sizes.hazardBits), to: sizes.weightBits)
    // All of them add up to the number of events.
    let end = (Rational(BigInt(sizes.rows)) * (1 + .power(-10)) * .power(sizes.weightBits)).ceiling
    let node = try builder.select(
      isUsed, weight.node, builder.constant(0), within: Interval(-(BigInt(1) << 20), end))
    return builder.fixed(node, fractionBits: sizes.weightBits)
  }

  /// Means of the columns over the rows at risk at each event, weighted by e^η; 0 in other rows.
  private func means(
    _ moments: [NodeID], _ mantissa: Fixed, _ power: NodeID, _ places: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> [Fixed] {
    let bits = sizes.momentBits + places
    let end = ((sizes.most * Rational(65, 64) + 1) * .power(bits)).ceiling
    var means: [Fixed] = []
    for moment in moments {
      let moved = try builder.known(
        try builder.multiply(moment, power), within: Interval(-end, end), by: .weightedMean)
      let short = try builder.rounded(
        builder.fixed(moved, fractionBits: bits), to: PartialLikelihoodSizes.meanBits)
      means.append(
        try builder.multiply(
          builder.fixed(short.node, fractionBits: short.fractionBits), mantissa,
          to: PartialLikelihoodSizes.productBits))
    }
    return means
  }

  // MARK: Sums over all rows

  /// Sums of products of columns, divided by the rows and by 4. The left ones are cut in two parts, so that the sums over the rows fit a word.
  ///
  /// - Parameter right: with ``ProgramBuilder/scaledBits`` fraction bits.
  private func products(
    _ left: [Fixed], _ right: [NodeID], error: Dyadic, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (value: Fixed, isOutside: NodeID) {
    let rows = Rational(BigInt(sizes.rows))
    let cut = PartialLikelihoodSizes.productBits - sizes.upperBits
    var high: [NodeID] = [], low: [NodeID] = []
    for column in left {
      high.append(try builder.floored(column.node, by: BigInt(1) << cut))
      low.append(try builder.remainder(column.node, by: BigInt(1) << cut))
    }
    // By the greatest weight and the greatest element: docs/proofs/cox.md.
    let most = (6 * rows * rows * .power(sizes.sumBits)).ceiling
    let least = (rows * (sizes.most + 1) * .power(cut + ProgramBuilder.scaledBits)).ceiling
    let upper = try builder.known(
      try builder.columnProduct(high, right), within: Interval(-most, most), by: .cauchySchwarz)
    let lower = try builder.known(
      try builder.columnProduct(low, right), within: Interval(-least, least), by: .cauchySchwarz)
    let mean = try design.mean(
      of: try builder.add(upper, try builder.truncate(lower, bits: cut)), fractionBits: sizes.sumBits,
      perRow: 6 * rows, error: .zero, &builder)
    return try bounded(mean, error: error, withinPower: 1, &builder)
  }

  /// Divided by 4, with 44 fraction bits at most.
  private func bounded(
    _ mean: Fixed, error: Dyadic, withinPower power: Int, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (value: Fixed, isOutside: NodeID) {
    let quarter = builder.shifted(mean, by: -PartialLikelihoodSizes.quarter)
    let bits = min(44, quarter.fractionBits)
    let short = try builder.rounded(quarter, to: bits)
    return try builder.kept(
      builder.fixed(short.node, fractionBits: bits, error: error + short.error), withinPower: power)
  }

  private func weighted(
    _ weight: Fixed, _ error: Dyadic, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> (value: Fixed, isOutside: NodeID) {
    var left: [Fixed] = []
    for column in columns {
      left.append(try builder.multiply(weight, column, to: PartialLikelihoodSizes.productBits))
    }
    return try products(left, columns.map(\.node), error: error, &builder)
  }

  /// Σ z·(ω − δ), in two parts, so that the sums over the rows fit a word.
  private func gradient(
    _ weight: Fixed, _ error: Dyadic, _ builder: inout ProgramBuilder
  ) throws(ParleyError) -> Fixed {
    let bits = weight.fractionBits, cut = 14
    let rest = try builder.subtract(weight.node, try builder.scale(event, by: BigInt(1) << bits))
    let unit = BigInt(1) << cut
    let z = columns.map(\.node)
    // |Σ z r| ≤ √(5n · Σ r²), and Σ r² ≤ (rows + 1)·n.
    let square = 6 * (BigInt(sizes.rows) + 1)
    let perRow = Rational(square.squareRoot() + 1)
    let most = (perRow * Rational(BigInt(sizes.rows)) * .power(ProgramBuilder.scaledBits + bits - cut)).ceiling
    func part(_ node: NodeID) throws(ParleyError) -> NodeID {
      try builder.known(
        try builder.columnProduct(z, [node]), within: Interval(-most, most), by: .cauchySchwarz)
    }
    let high = try part(try builder.floored(rest, by: unit))
    let low = try part(try builder.remainder(rest, by: unit))
    let whole = try builder.add(high, try builder.truncate(low, bits: cut))
    let mean = try design.mean(
      of: whole, fractionBits: ProgramBuilder.scaledBits + bits - cut, perRow: 2 * perRow, error: .zero, &builder)
    return try bounded(mean, error: error, withinPower: 2, &builder).value
  }

  /// A bit, 1 where Σ e^η or one of the Σ e^η z² is so large that the bounds do not hold: more than 32 and 128 for each row.
  private func isLarge(_ risk: Fixed, _ builder: inout ProgramBuilder) throws(ParleyError) -> NodeID {
    let bits = 10
    let short = try builder.rounded(risk, to: bits)
    let total = try builder.innerProduct(short.node, order.isUsed)
    let perRow = PartialLikelihoodSizes.greatest * 2
    let mean = try design.mean(of: total, fractionBits: bits, perRow: perRow, error: .zero, &builder)
    func isAbove(_ a: Fixed, _ limit: Int) throws(ParleyError) -> NodeID {
      try builder.compare(
        .less, builder.constant(BigInt(limit) << a.fractionBits), a.node)
    }
    // A little less than the limits, for what the roundings here leave out.
    var isLarge = try isAbove(mean, 30)
    for column in columns {
      let place = 6
      let z = try builder.rounded(column, to: place)
      let square = try builder.innerProduct(try builder.multiply(short.node, z.node), z.node)
      let own = try design.mean(
        of: square, fractionBits: bits + 2 * place, perRow: 6 * PartialLikelihoodSizes.greatest, error: .zero,
        &builder)
      isLarge = try builder.or(isLarge, try isAbove(own, 100))
    }
    return isLarge
  }
}
