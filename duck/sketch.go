package duck

import (
	"fmt"
	"math"
	"strconv"
)

// Quantiles are those of a DDSketch (Masson, Rim, Lee: "DDSketch: a fast and
// fully-mergeable quantile sketch", VLDB 2019): values fall into buckets whose
// bounds grow by a constant factor, and a quantile is the middle of the bucket
// in which its rank lies. The same buckets are counted whether rows come one
// by one or all at once, so a stream and a batch give the same number.

// SketchAccuracy bounds the relative error of a quantile.
const SketchAccuracy = 0.0025

// Buckets are numbered so that they sort as their values do: sketchZero + i
// for the values in (g^(i-1), g^i], 0 for zero, negated for negative values.
// i lies within ±150,000 for every double.
const (
	sketchZero = 200_000
	sketchInf  = 1_000_000
	sketchNaN  = sketchInf + 1 // sorts last, as NaN does in DuckDB
)

// sketchGrowth is ln g, g being the factor between the bounds of a bucket.
var sketchGrowth = math.Log((1 + SketchAccuracy) / (1 - SketchAccuracy))

// The least normal double and the largest: beyond them logarithms lose their hold.
const (
	doubleLeast = "2.2250738585072014e-308"
	doubleMost  = "1.7976931348623157e308"
)

// SketchBucket is SQL for the bucket (INTEGER) of a number; NULL for NULL. The
// expression occurs more than once in it.
func SketchBucket(expr string) string {
	v := "CAST((" + expr + ") AS DOUBLE)"
	return fmt.Sprintf("CAST(CASE WHEN isfinite(%[1]s) THEN sign(%[1]s) * (%[2]d + ceil(ln(greatest(abs(%[1]s), %[3]s)) / %[4]s))"+
		" WHEN isnan(%[1]s) THEN %[5]d WHEN isinf(%[1]s) THEN sign(%[1]s) * %[6]d END AS INTEGER)",
		v, sketchZero, doubleLeast, doubleSQL(sketchGrowth), sketchNaN, sketchInf)
}

// SketchValue is SQL for the value (DOUBLE) that stands for a bucket; NULL for
// NULL. The expression occurs more than once in it.
func SketchValue(bucket string) string {
	return fmt.Sprintf("CAST(CASE WHEN abs(%[1]s) < %[2]d THEN sign(%[1]s) * least(exp((abs(%[1]s) - %[3]d) * %[4]s + %[5]s), %[6]s)"+
		" WHEN (%[1]s) = %[7]d THEN 'nan'::DOUBLE WHEN (%[1]s) IS NOT NULL THEN sign(%[1]s) * 'inf'::DOUBLE END AS DOUBLE)",
		"("+bucket+")", sketchInf, sketchZero, doubleSQL(sketchGrowth), doubleSQL(math.Log(1-SketchAccuracy)), doubleMost, sketchNaN)
}

// SketchRank is SQL for the rank (BIGINT) of quantile q among n values: the
// quantile lies in the least bucket whose cumulative count reaches it.
func SketchRank(q, n string) string {
	return fmt.Sprintf("CAST(greatest(1, ceil(CAST((%s) AS DOUBLE) * CAST((%s) AS DOUBLE))) AS BIGINT)", q, n)
}

// SketchQuantile is SQL for quantile q (DOUBLE) of a map from bucket to count,
// as histogram() makes it; NULL for an empty map and for NULL.
func SketchQuantile(counts, q string) string {
	n := "list_sum(map_values(" + counts + "))"
	// left is what is still to be counted; the bucket at which it falls to zero is the one.
	walk := "list_reduce(list_sort(map_entries(" + counts + ")), (a, e) -> CASE WHEN a.left <= 0 THEN a" +
		" ELSE {'left': a.left - CAST(e.value AS BIGINT), 'key': e.key} END, {'left': " + SketchRank(q, n) + ", 'key': NULL::INTEGER}).key"
	return SketchValue(walk)
}

// doubleSQL writes a DOUBLE literal that reads back as the same number: a
// literal without an exponent would be a DECIMAL.
func doubleSQL(f float64) string { return strconv.FormatFloat(f, 'e', -1, 64) }
