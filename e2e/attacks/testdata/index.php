<?php
// Answers with what a PHP application sees of the request's headers.
$env = array_filter($_SERVER, fn ($name) => str_starts_with($name, 'HTTP_'), ARRAY_FILTER_USE_KEY);
header('Content-Type: application/json');
header('X-Backend: php');
echo json_encode(['env' => (object) $env], JSON_INVALID_UTF8_SUBSTITUTE);
